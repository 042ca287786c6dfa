"""`crawler fetch`: the classic concurrent downloader, made of the daemon's own services."""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gevent
from pydantic import ValidationError

from crawler.config import CrawlerOptions, Job, Settings
from crawler.daemon.app import App
from crawler.daemon.process import collect_seldom, quiet_hub, raise_descriptors
from crawler.errors import UsageError
from crawler.frontier.process import current
from crawler.ledger.archive import begin_archive, stored_by
from crawler.ledger.overview import jobs, members
from crawler.ledger.statefile import Connection, opened
from crawler.log import open_log
from crawler.model import Kind, Outcome, Seconds
from crawler.records import Settlement
from crawler.verbs.report import Report

STDIN = Path("/dev/stdin")
JOB_NAME = "fetch"
"""Of the one job."""
GRACE_S = 1.0
"""Seconds that the initial report waits for a list to end."""


def fetch(
    urls: Sequence[str],
    list_file: Path | None,
    output: Path,
    options: dict[str, Any],
    report: Report,
    *,
    max_req: int,
    limit: int | None,
    archive: Path | None = None,
) -> int:
    """Fetch URLs and report; return 0 if every one of them is stored, 1 if not.

    With an archive what an earlier run stored is skipped, and what failed then is tried again.
    """
    log, lines = open_log("warning", "console", sys.stderr.fileno())
    quiet_hub(log)
    raise_descriptors(max_req, log)
    collect_seldom()
    with _state(archive) as state:
        job = _job(urls, list_file, {**options, "per_host": min(max_req, 1000)})
        crawler = CrawlerOptions(
            state=state,
            output=output.absolute(),
            concurrency=max_req,
            grace_period=0,
            durability="relaxed",
            per_address=None,
        )
        settings = Settings(crawler=crawler, jobs=(job,))
        app = App(
            settings,
            log,
            until_done=True,
            on_visit=lambda settled: _tell(app, report, settled),
            trust_listed=True,
            limit=limit,
            bad=report.bad,
        )
        with app:
            began = _begin_archive(state) if archive else 0.0
            opening = gevent.spawn(_open_report, app, report, max_req, archive)
            app.run()
            opening.kill()
            if archive:
                _tell_earlier(state, report, began)
            code = _account(app, report) or int(app.seeder.failed > 0)
    lines.close(1.0)
    return code


@contextmanager
def _state(archive: Path | None) -> Iterator[Path]:
    """Have a ledger: the archive, if it is free, or one that is gone afterwards."""
    if archive is None:
        with tempfile.TemporaryDirectory(prefix="crawler-fetch-") as folder:
            yield Path(folder, "state.sqlite")
        return
    if archive.exists() and archive.stat().st_size:
        with opened(archive) as db:
            _check_archive(db, archive)
    yield archive.absolute()


def _check_archive(db: Connection, archive: Path) -> None:
    others = [job.name for job in jobs(db) if job.name != JOB_NAME]
    if others:
        raise UsageError(f"{archive} is the ledger of a daemon; name another file as archive")
    for one in members(db):
        if one.life(current().machine, time.time()) == "alive":
            raise UsageError(f"{archive} is in use by process {one.process.pid}; wait for its end")


def _begin_archive(state: Path) -> Seconds:
    """Forget what was asked for earlier, and return the time: what is stored is older."""
    with opened(state, write=True) as db:
        begin_archive(db, time.time())
    return time.time()


def _tell_earlier(state: Path, report: Report, began: Seconds) -> None:
    with opened(state) as db:
        for page in stored_by(db, began):
            for one in page:
                kind = Kind(one.ended or Kind.STORED)
                outcome = Outcome(kind, one.status, one.size or 0, path=one.path)
                report.stored_earlier(one.url, one.listed, outcome, one.attempt)


def _tell(app: App, report: Report, settled: Settlement) -> None:
    try:
        report.visited(settled, _asked(app))
    except OSError:  # whoever read the lines has gone: `crawler fetch -v … | head`
        app.stop("nobody reads")


def _open_report(app: App, report: Report, max_req: int, archive: Path | None) -> None:
    """Say how many URLs there are, from where, once the lists have ended or patience has."""
    deadline = time.monotonic() + GRACE_S
    while not app.seeder.done and time.monotonic() < deadline:
        gevent.sleep(0.01)
    asked, counts = _asked(app), app.frontier.counts()
    number = f"{asked} URL{'' if asked == 1 else 's'}"
    number = number if app.seeder.done else f"more than {number}"
    hosts = app.frontier.hosts(1)[0] if counts.hosts == 1 else f"{counts.hosts} hosts"
    connections = min(max_req, counts.known)
    if archive:  # its hosts are those of every run
        return _begin(app, report, f"{number}; {archive} knows {counts.known} of every run")
    return _begin(
        app,
        report,
        f"{number} from {hosts}, {connections} connection{'s'[: connections != 1]} at most",
    )


def _begin(app: App, report: Report, text: str) -> None:
    try:
        report.begin(text)
    except OSError:
        app.stop("nobody reads")


def _asked(app: App) -> int:
    return sum(sums.listed for sums in app.seeder.job_sums)


def _account(app: App, report: Report) -> int:
    """Account for every URL that was listed, also for those that Ctrl-C cut off."""
    report.stop_drawing()
    last = 0
    while page := app.frontier.unfinished(last, 1000):
        for task in page:
            report.cancelled(task)
        last = page[-1].id
    return report.finish(app.frontier.listed(), _asked(app))


def _job(urls: Sequence[str], list_file: Path | None, options: dict[str, Any]) -> Job:
    if list_file == Path("-"):
        list_file = STDIN
    elif list_file is not None and not list_file.exists():
        raise UsageError(f"{list_file} is not there")
    try:
        return Job(name=JOB_NAME, urls=tuple(urls), url_file=list_file, **options)
    except ValidationError as error:
        problems = [
            f"{details.get('input')!r}: {details['msg'].removeprefix('Value error, ')}"
            for details in error.errors(include_url=False)
        ]
        raise UsageError("\n".join(problems)) from error
