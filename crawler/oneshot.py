"""`crawler fetch`: the classic concurrent downloader, made of the daemon's parts."""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gevent
from pydantic import ValidationError

from crawler.app import App, quiet_hub, raise_descriptors
from crawler.config import CrawlerOptions, Job, Settings
from crawler.errors import UsageError
from crawler.log import open_log
from crawler.model import Settlement
from crawler.report import Report

STDIN = Path("/dev/stdin")
PATIENCE = 1.0
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
) -> int:
    """Fetch URLs and report; return 0 if every one of them is stored, 1 if not."""
    log, lines = open_log("warning", "console", sys.stderr.fileno())
    quiet_hub(log)
    raise_descriptors(max_req, log)
    with tempfile.TemporaryDirectory(prefix="crawler-fetch-") as folder:
        job = _job(urls, list_file, {**options, "per_host": min(max_req, 1000)})
        crawler = CrawlerOptions(
            state=Path(folder, "state.sqlite"),
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
            tell=lambda settled: _tell(app, report, settled),
            trust_listed=True,
            recount=True,
            limit=limit,
            bad=report.bad,
        )
        with app:
            opening = gevent.spawn(_open_report, app, report, max_req)
            app.run()
            opening.kill()
            code = _account(app, report) or int(app.seeder.failed > 0)
    lines.close(1.0)
    return code


def _tell(app: App, report: Report, settled: Settlement) -> None:
    try:
        report.told(settled, _asked(app))
    except OSError:  # whoever read the lines has gone: `crawler fetch -v … | head`
        app.stop("nobody reads")


def _open_report(app: App, report: Report, max_req: int) -> None:
    """Say how many URLs there are, from where, once the lists have ended or patience has."""
    deadline = time.monotonic() + PATIENCE
    while not app.seeder.done and time.monotonic() < deadline:
        gevent.sleep(0.01)
    asked, counts = _asked(app), app.frontier.counts()
    number = f"{asked} URL{'' if asked == 1 else 's'}"
    number = number if app.seeder.done else f"more than {number}"
    hosts = app.frontier.hosts(1)[0] if counts.hosts == 1 else f"{counts.hosts} hosts"
    connections = min(max_req, counts.known)
    _begin(
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
    return sum(listing.listed for listing in app.seeder.listings)


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
        return Job(name="fetch", urls=tuple(urls), url_file=list_file, **options)
    except ValidationError as error:
        told = [
            f"{details.get('input')!r}: {details['msg'].removeprefix('Value error, ')}"
            for details in error.errors(include_url=False)
        ]
        raise UsageError("\n".join(told)) from error
