"""The consequences of a settled visit: a count, perhaps a pause of the daemon, a log line."""

import time
from collections.abc import Callable
from functools import partial

from crawler.daemon.counters import Counters
from crawler.daemon.tally import Tally
from crawler.fetch.fetcher import Fetcher
from crawler.log import Log, log_visit
from crawler.model import Kind, Outcome
from crawler.policy.pause import Pause, reached_its_host
from crawler.records import Settlement
from crawler.store import Files


class Outcomes:
    """Takes settlements from the settler; `on_visit` takes those of URLs instead of the log."""

    def __init__(
        self,
        tally: Tally,
        counters: Counters,
        pause: Pause,
        fetcher: Fetcher,
        files: Files,
        log: Log,
        on_visit: Callable[[Settlement], None] | None = None,
    ) -> None:
        self._tally = tally
        self._counters = counters
        self._pause = pause
        self._fetcher = fetcher
        self._files = files
        self._log = log
        self._log_visit = partial(log_visit, log)
        self._on_visit = on_visit or self._log_visit

    def settled(self, settlement: Settlement) -> None:
        """Take a settlement, of a URL or of a robots.txt."""
        self._counters.visit(settlement)
        self._tally.count(settlement)
        if settlement.outcome.ours or self._pause.active:  # of few visits
            self._pause_or_resume(settlement.outcome)
        on_visit = self._log_visit if settlement.task.robots else self._on_visit
        on_visit(settlement)

    def _pause_or_resume(self, outcome: Outcome) -> None:
        """Pause while this machine is at fault; log that once, and once more when it is over."""
        pause = self._pause
        now = time.monotonic()
        if outcome.ours:
            self._fetcher.hang_up()  # idle connections hold descriptors that may be what is missing
            if pause.fault(now, outcome.reason):
                self._log.error("daemon.paused", cause=outcome.reason)
        elif pause.probes(now) and self._proves_it_over(outcome):
            pause.well(now)
            self._log.info("daemon.resumed", after_s=round(now - pause.since, 1))

    def _proves_it_over(self, outcome: Outcome) -> bool:
        """Tell whether the machine is well again: it stores files, and had what a visit takes.

        A visit that stored none may have met an answer that has no file: the disk is tried then.
        """
        if outcome.kind is Kind.STORED:
            return True
        return reached_its_host(outcome) and self._files.fault() is None
