"""The composition root: what a reload puts in force together."""

import time

import gevent
import pytest

from crawler.config import CrawlerOptions, Job, Settings
from crawler.config.cookie_options import Cookies
from crawler.daemon.app import App
from crawler.daemon.configuration import Configuration
from crawler.daemon.difference import difference
from crawler.model import Kind, Task, Trouble
from tests.parts.logs import Silence


def settings_of(folder, *names, **crawler):
    options = CrawlerOptions(state=folder / "state.sqlite", output=folder / "files", **crawler)
    return Settings(
        crawler=options, jobs=tuple(Job(name=name, urls=("http://h.invalid/",)) for name in names)
    )


def test_no_greenlet_runs_between_the_ledgers_new_jobs_and_the_processs_own(tmp_path, monkeypatch):
    """A lease in between would bring URLs of a job that no worker knows."""
    before, after = settings_of(tmp_path, "a"), settings_of(tmp_path, "a", "b")
    known = []
    with App(before, Silence()) as app:
        configure, jobs = app.frontier.configure, app._configuration.jobs

        def then(*args, **options):
            configure(*args, **options)
            gevent.spawn(lambda: known.append(set(jobs)))

        monkeypatch.setattr(app.frontier, "configure", then)
        app._change.prepare(after, after, difference(before, after))()
        gevent.idle()
        app.stop("done")
        with gevent.Timeout(10):
            app.run()
    assert known == [{"a", "b"}]


def test_the_hand_off_and_the_idle_connections_have_the_size_of_the_concurrency_of_today(tmp_path):
    before, after = (settings_of(tmp_path, "a", concurrency=number) for number in (4, 2000))
    with App(before, Silence()) as app:
        handoff, idle = app._change._visiting.handoff, app._change._visiting.fetcher._sessions._idle
        small = handoff.maxsize, idle._each
        app._change.prepare(after, after, difference(before, after))()
        large = handoff.maxsize, idle._each, idle._most
        app.stop("done")
        with gevent.Timeout(10):
            app.run()
    assert (small, large) == ((1, 64), (16, 2000, 4000))


def test_a_job_is_prepared_once_and_twice_only_until_its_lists_were_read(tmp_path):
    before, after = settings_of(tmp_path, "a", "b"), settings_of(tmp_path, "a", "b", "new")
    other = after.jobs[0].model_copy(update={"path": "{host}/{column}"})
    after = after.model_copy(update={"jobs": (other, *after.jobs[1:])})
    coming = Configuration(before).coming(after, after)
    held = coming.jobs["a"]
    assert held.path == before.jobs[0].path != other.path
    assert list(map(id, coming.all_jobs())) == list(map(id, (*after.jobs, held)))


def test_a_task_that_waits_for_room_in_the_hand_off_is_read_again_when_its_lists_were(tmp_path):
    task = Task(7, "a", "http://h.invalid/", "http://h.invalid/", "h.invalid:80", 1, 1, 1)
    settings = settings_of(tmp_path, "a")
    with App(settings, Silence()) as app:
        app.visiting.feeder.passing = task
        app.visiting.put_in_force(settings.jobs[0], rows_changed=True)
        assert app.visiting.context._stale == {7}
        app.stop("done")
        with gevent.Timeout(10):
            app.run()


def test_a_visit_whose_cookies_are_gone_by_now_is_no_bug(tmp_path):
    settings = settings_of(tmp_path, "a")
    gone = settings.jobs[0].model_copy(update={"cookies": Cookies(file=tmp_path / "gone.txt")})
    task = Task(7, "a", "http://h.invalid/", "http://h.invalid/", "h.invalid:80", 1, 1, 1)
    with App(settings, Silence()) as app:
        with pytest.raises(Trouble, match=r"gone\.txt") as raised:
            app.visiting.context.fetch(task, gone, part=str, deadline=time.monotonic() + 1)
        assert raised.value.kind is Kind.LOCAL_IO
        app.stop("done")
        with gevent.Timeout(10):
            app.run()
