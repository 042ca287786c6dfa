"""One run of the daemon's parts until nothing more is due, with a report beside it."""

import errno
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gevent

from crawler.config import Job, Settings
from crawler.config.quantities import duration
from crawler.daemon.app import App
from crawler.daemon.by_hand import ByHand
from crawler.daemon.hub_errors import quiet_hub
from crawler.daemon.process import raise_descriptors, tune_interpreter
from crawler.daemon.until_done import DONE
from crawler.frontier import Entry, HostsMet, Listings, Wanted, pages
from crawler.log import Log, open_log
from crawler.model import Kind, Outcome, Seconds
from crawler.policy.naming import path_of, typed
from crawler.records import Settlement
from crawler.store import part_name
from crawler.verbs.fetch import spelling
from crawler.verbs.fetch.archive import begin_archive, ledger_of
from crawler.verbs.fetch.bearing import Bearing
from crawler.verbs.fetch.destination import CONTINUED, Present
from crawler.verbs.fetch.files_there import FilesThere
from crawler.verbs.fetch.leftovers import leftovers
from crawler.verbs.fetch.report import Report
from crawler.verbs.fetch.typed import Run, run_of
from crawler.verbs.spent import caps_in_words
from crawler.worker.pool import end_is_handled

LISTS_S: Seconds = 1.0
"""How long the initial report waits for the lists to end."""
LOG_FLUSH_S: Seconds = 1.0
"""Time that the log has for its last lines."""
MAX_WAIT = "5m"
"""Longest wait that a host may ask for, where nobody says so."""
_DISK_FAULTS = tuple(
    os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
)
"""Words of the system for what no other URL would find otherwise."""


def fetch(given: Mapping[str, Any]) -> int:
    """Fetch what was typed, and report; return the exit code that says what failed.

    Raises:
        UsageError: what was typed makes no sense; nothing was asked yet.
        CrawlerError: a file is there that is not to be overwritten.
    """
    text = given.get("max_wait", MAX_WAIT)
    most = duration(spelling.duration("--max-wait", text))
    style = _style(given)
    run = run_of(given)
    report = Report(style, run.destination.folder, run.destination.file)
    log, lines = open_log("error" if style == "quiet" else "warning", "console", 2)
    lines.around = report.aside
    quiet_hub(log, end_is_handled)
    raise_descriptors(run.max_req, log)
    tune_interpreter()
    with _printed(run) as folder, ledger_of(run.destination.archive) as state:
        bearing = Bearing(most, f"--max-wait {text}")
        shot = _OneShot(run, run.settings(state, folder), log, report, given.get("limit"), bearing)
        code = shot.run()
        if run.destination.prints:
            shot.print_bodies(folder)
    lines.close(LOG_FLUSH_S)
    return code


def _style(given: Mapping[str, Any]) -> str:
    styles = {"quiet": "quiet", "as_json": "json", "verbose": "lines"}
    return next((style for name, style in styles.items() if name in given), "bar")


@contextmanager
def _printed(run: Run) -> Iterator[Path]:
    """Yield the folder of the files; that of bodies to be printed is gone afterwards."""
    if run.destination.folder is not None:
        yield run.destination.folder
        return
    with tempfile.TemporaryDirectory(prefix="crawler-fetch-") as folder:
        yield Path(folder)


class _OneShot:
    """One run, from its lists to the account of every URL."""

    def __init__(
        self,
        run: Run,
        settings: Settings,
        log: Log,
        report: Report,
        limit: int | None,
        bearing: Bearing,
    ) -> None:
        self._run = run
        self._options = settings.crawler
        self._report = report
        self._archive = run.destination.archive
        self._bearing = bearing
        self._fault = ""
        self._stored: list[tuple[int, str]] = []
        present = run.destination.present
        self._app = App(
            settings,
            log,
            until_done=True,
            trust_listed=True,
            limit=limit,
            bad=report.bad,
            by_hand=ByHand(
                self._visited,
                None if present is Present.REPLACE else FilesThere(present),
                run.proxies,
                run.checks,
            ),
        )
        self._app.waits_in_vain = lambda: bearing.waits_in_vain(self._app.frontier)

    def run(self) -> int:
        """Visit everything; return the exit code."""
        with self._app as app:
            self._report.bar.arrived = lambda: self._report.bytes + app.visiting.fetcher.arriving
            began = self._begin_archive() if self._archive else 0.0
            opening = gevent.spawn(self._open_report)
            app.run()
            opening.kill()
            if self._archive:
                self._report_earlier(began)
            self._account()
            code = self._report.code(forced=app.mailbox.stops > 1)
            early = app.mailbox.cause != DONE
            if early and not code:
                self._report.say("stopped before the end of its lists, which may name more")
            for name, (why, urls) in app.done.locked_out.items():
                self._report.say(f"{urls:,} URLs wait for the login of {name}: {why}")
            return code or int(app.seeder.failed > 0 or early or bool(app.done.locked_out))

    def print_bodies(self, folder: Path) -> None:
        """Print what was stored to standard output, in the order of the lists."""
        for _, path in sorted(self._stored):
            with (folder / path).open("rb") as body:
                shutil.copyfileobj(body, sys.stdout.buffer)
        sys.stdout.buffer.flush()

    def _begin_archive(self) -> Seconds:
        """Begin with what an earlier run has left; -c looks whether its files are still there."""
        is_beside = self._options.state == self._options.output / CONTINUED
        return begin_archive(self._options.state, self._options.output if is_beside else None)

    def _visited(self, settled: Settlement) -> None:
        outcome = settled.outcome
        if self._run.destination.prints and outcome.kind is Kind.STORED and outcome.path:
            self._stored.append((settled.task.id, outcome.path))
        if outcome.ours and not self._fault:
            self._stop_at(outcome.reason)
        with self._stopped_without_reader():
            self._report.visited(settled, self._asked())

    def _stop_at(self, reason: str) -> None:
        """Stop where the disk takes nothing more: who watches can make room, and waiting cannot."""
        if any(words in reason for words in _DISK_FAULTS):
            self._fault = reason
            self._app.stop("the disk takes no files")

    def _open_report(self) -> None:
        """Say how many URLs there are, from where; of lists that take long, how many so far."""
        for line in filter(None, (self._run.proxy_line(), leftovers(self._run.destination))):
            self._report.say(line)
        deadline = time.monotonic() + LISTS_S
        while not self._app.seeder.done and time.monotonic() < deadline:
            gevent.sleep(0.01)
        number = _number(self._asked(), "URL")
        text = f"{'' if self._app.seeder.done else 'more than '}{number}{self._where()}"
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
        except OSError as error:
            if not self._app.mailbox.stops:  # a second stop would be a forced one
                self._fault = self._fault or f"output: {error.strerror}"
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

    def _account(self) -> None:
        """Account for every URL that was listed, also where Ctrl-C or a long wait cut it off."""
        self._report.bar.stop()
        reason = self._fault or "stopped before its end"
        caps = caps_in_words(self._app.frontier.sums().jobs, self._app.frontier.now())
        for page in pages(self._app.frontier, Wanted(states=("waiting", "leased"))):
            refused = self._bearing.refused(self._app.frontier, page)
            if not self._archive:
                self._discard_parts(page)
            for entry in page:
                if end := refused.get(entry.id):
                    self._report.refused(entry.url, entry.attempt, end)
                else:
                    self._report.cancelled(entry.url, entry.attempt, caps.get(entry.job, reason))
        listed: Counter[str] = Counter()
        for kinds in pages(self._app.frontier, Listings()):
            for one in kinds:
                listed[one.kind] += one.times
        self._report.finish(listed, self._asked(), goes_on=self._archive is not None)

    def _discard_parts(self, page: Sequence[Entry]) -> None:
        """Remove what is left of bodies that broke off: no later run will know of them."""
        disk, jobs = self._app.disk, {job.name: job for job in self._run.jobs}
        parts = []
        for entry in page:
            paths = {entry.path, _path_of(entry, jobs[entry.job])}
            parts += [part_name(path, entry.fingerprint, disk.owner) for path in paths if path]
        disk.files.discard(parts)


def _path_of(entry: Entry, job: Job) -> str | None:
    """Return where the part of a URL without a file lies; nothing was begun of what has no name."""
    try:
        template = typed(job.path, job.ext)
        return path_of(template, job.name, entry.url, entry.fingerprint, {})
    except KeyError:
        return None


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
