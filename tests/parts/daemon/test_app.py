"""The composition root: what a reload puts in force together."""

import gevent

from crawler.config import CrawlerOptions, Job, Settings
from crawler.daemon.app import App
from crawler.daemon.difference import difference
from tests.parts.logs import Silence


def settings_of(folder, *names):
    options = CrawlerOptions(state=folder / "state.sqlite", output=folder / "files")
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
