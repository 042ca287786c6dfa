"""The composition root: what a reload puts in force together."""

import gevent

from crawler.config import CrawlerOptions, Job, Settings
from crawler.daemon.app import App
from crawler.daemon.configuration import Configuration
from crawler.daemon.difference import difference
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
