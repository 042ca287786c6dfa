"""`crawler fetch`: the classic concurrent downloader, made of the daemon's own services."""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gevent
from pydantic import ValidationError

from crawler.config import CrawlerOptions, Job, Settings
from crawler.config.quantities import duration
from crawler.daemon.app import App
from crawler.daemon.process import collect_seldom, quiet_hub, raise_descriptors
from crawler.errors import UsageError
from crawler.frontier import (
    BeginArchive,
    Desk,
    HostsMet,
    Listings,
    Wanted,
    changed,
    open_ledger,
    pages,
)
from crawler.frontier.process import current
from crawler.log import Log, open_log
from crawler.model import Kind, Outcome, Seconds
from crawler.policy.masking import masked_line
from crawler.records import Settlement
from crawler.state_address import StateAddress
from crawler.verbs.bearing import Bearing
from crawler.verbs.report import Report

STDIN = Path("/dev/stdin")
JOB_NAME = "fetch"
"""Name of the one job."""
LISTS_S: Seconds = 1.0
"""How long the initial report waits for the lists to end."""
LOG_FLUSH_S: Seconds = 1.0
"""Time that the log has for its last lines."""


def fetch(
    urls: Sequence[str],
    list_file: Path | None,
    output: Path,
    options: dict[str, Any],
    report: Report,
    *,
    max_req: int,
    limit: int | None,
    max_wait: str,
    archive: Path | None = None,
) -> int:
    """Fetch URLs and report; return 0 if every one of them is stored, 1 if not.

    With an archive what an earlier run stored is skipped, and what failed then is tried again. What
    hosts ask to wait for longer than `max_wait`, a duration, is not waited for.

    Raises:
        UsageError: the list is not there, an option is wrong, or the archive cannot be used.
    """
    most = _wait(max_wait)
    log, lines = open_log("warning", "console", sys.stderr.fileno())
    lines.around = report.aside
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
        bearing = Bearing(most, f"--max-wait {max_wait}")
        code = _OneShot(settings, log, report, limit, archive, bearing).run()
    lines.close(LOG_FLUSH_S)
    return code


@contextmanager
def _state(archive: Path | None) -> Iterator[Path]:
    """Yield the path of the ledger: the archive, if it is free, or one that is gone afterwards."""
    if archive is None:
        with tempfile.TemporaryDirectory(prefix="crawler-fetch-") as folder:
            yield Path(folder, "state.sqlite")
        return
    if archive.exists() and archive.stat().st_size:
        with open_ledger(archive, older=True) as desk:
            _check_archive(desk, archive)
    yield archive.absolute()


def _check_archive(desk: Desk, archive: Path) -> None:
    sums = desk.sums()
    if {job.name for job in sums.jobs} - {JOB_NAME}:
        raise UsageError(f"{archive} is the ledger of a daemon; name another file as archive")
    for one in sums.members:  # those of an older one are waited for
        if one.life(current().machine, desk.now()) == "alive":
            raise UsageError(f"{archive} is in use by process {one.process.pid}; wait for its end")


class _OneShot:
    """One run of the daemon's parts until nothing more is due, with a report beside it."""

    def __init__(
        self,
        settings: Settings,
        log: Log,
        report: Report,
        limit: int | None,
        archive: Path | None,
        bearing: Bearing,
    ) -> None:
        self._options = settings.crawler
        self._report = report
        self._archive = archive
        self._bearing = bearing
        self._app = App(
            settings,
            log,
            until_done=True,
            on_visit=self._visited,
            trust_listed=True,
            limit=limit,
            bad=report.bad,
        )
        self._app.waits_in_vain = lambda: bearing.waits_in_vain(self._app.frontier)

    def run(self) -> int:
        """Visit everything; return 0 if all is stored, 1 if not."""
        with self._app as app:
            began = _begin_archive(self._options.state) if self._archive else 0.0
            opening = gevent.spawn(self._open_report)
            app.run()
            opening.kill()
            if self._archive:
                self._report_earlier(began)
            return self._account() or int(app.seeder.failed > 0)

    def _visited(self, settled: Settlement) -> None:
        with self._stopped_without_reader():
            self._report.visited(settled, self._asked())

    def _open_report(self) -> None:
        """Say how many URLs there are, from where; of lists that take long, how many so far."""
        app = self._app
        deadline = time.monotonic() + LISTS_S
        while not app.seeder.done and time.monotonic() < deadline:
            gevent.sleep(0.01)
        number = _number(self._asked(), "URL")
        text = f"{'' if app.seeder.done else 'more than '}{number}{self._where()}"
        with self._stopped_without_reader():
            self._report.begin(text)

    def _where(self) -> str:
        counts = self._app.frontier.sums().counts
        if self._archive:  # its hosts are those of every run
            return f"; {self._archive} knows {counts.known} of every run"
        one = counts.hosts == 1
        hosts = self._app.frontier.page(HostsMet()).rows[0].key if one else f"{counts.hosts} hosts"
        most = min(self._options.concurrency, counts.known)
        return f" from {hosts}, {_number(most, 'connection')} at most"

    @contextmanager
    def _stopped_without_reader(self) -> Iterator[None]:
        """Stop the run when the reader of the report has gone: `crawler fetch -v … | head`."""
        try:
            yield
        except OSError:
            self._app.stop("the report has no reader")

    def _asked(self) -> int:
        """Return how many URLs the lists held so far."""
        return sum(sums.listed for sums in self._app.seeder.job_sums)

    def _report_earlier(self, began: Seconds) -> None:
        for page in pages(self._app.frontier, Wanted(states=("done",))):
            for one in page:
                if one.listed > 0 and (one.finished_at or 0.0) < began:
                    kind = Kind(one.ended or Kind.STORED)
                    outcome = Outcome(kind, one.status, one.size or 0, path=one.path)
                    self._report.stored_earlier(one.url, one.listed, outcome, one.attempt)

    def _account(self) -> int:
        """Account for every URL that was listed, also where Ctrl-C or a long wait cut it off."""
        self._report.stop_drawing()
        for page in pages(self._app.frontier, Wanted(states=("waiting", "leased"))):
            refused = self._bearing.refused(self._app.frontier, page)
            for entry in page:
                if end := refused.get(entry.id):
                    self._report.refused(entry.url, entry.attempt, end)
                else:
                    self._report.cancelled(entry.url, entry.attempt)
        listed: Counter[str] = Counter()
        for kinds in pages(self._app.frontier, Listings()):
            for one in kinds:
                listed[one.kind] += one.times
        return self._report.finish(listed, self._asked())


def _wait(text: str) -> Seconds:
    try:
        return duration(0 if text == "0" else text)
    except ValueError as error:
        raise UsageError(f"--max-wait {text}: {error}") from error


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _begin_archive(state: StateAddress) -> Seconds:
    """Forget the lists of earlier runs, and return the frontier's time: their files are older."""
    with open_ledger(state, write=True) as desk:
        changed(desk, BeginArchive())
        return desk.now()


def _job(urls: Sequence[str], list_file: Path | None, options: dict[str, Any]) -> Job:
    if list_file == Path("-"):
        list_file = STDIN
    elif list_file is not None and not list_file.exists():
        raise UsageError(f"{list_file} is not there")
    try:
        return Job(name=JOB_NAME, urls=tuple(urls), url_file=list_file, **options)
    except ValidationError as error:
        problems = [
            f"{_masked(details.get('input'))!r}: {details['msg'].removeprefix('Value error, ')}"
            for details in error.errors(include_url=False)
        ]
        raise UsageError("\n".join(problems)) from error


def _masked(value: Any) -> Any:
    return masked_line(value) if isinstance(value, str) else value
