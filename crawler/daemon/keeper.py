"""The keeper renews leases, reclaims those of dead processes, and reports progress."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from crawler.config import Job
from crawler.daemon.output_watch import OutputWatch
from crawler.daemon.owner_watch import OwnerWatch
from crawler.daemon.tally import Rates, Tally
from crawler.frontier import LEASE_S, Beat, Frontier, Pulse, Reclaimed, Watched
from crawler.frontier.metrics import NO_TOTALS, Totals
from crawler.frontier.values import UnderWay
from crawler.log import Log
from crawler.model import Seconds
from crawler.store import Files, sweep

TICK_S: Seconds = 1.0
LOOKED_AT_S: Seconds = 1.0
"""Time between two heartbeats while somebody looks at the visits under way."""
HEARTBEAT_S: Seconds = LEASE_S / 12
"""Time between two heartbeats: each renews the leases and writes the process's row."""


class Keeper:
    """Renews, reclaims and reports from time to time, beside the visits."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        jobs: Mapping[str, Job],
        files: Files,
        log: Log,
        *,
        tally: Tally,
        pulse: Callable[[], Pulse],
        progress: Seconds = 0.0,
        when_settled: Callable[[], None] = lambda: None,
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._jobs = jobs
        self._files = files
        self._log = log
        self._tally = tally
        self._pulse = pulse
        self.progress = progress
        """Seconds between two `progress` lines; 0 for none."""
        self._when_settled = when_settled
        self.beaten: list[Callable[[Beat], None]] = []
        """Are called after each heartbeat, with what the ledger answered."""
        self.under_way: Callable[[], Sequence[UnderWay]] = tuple
        """Returns the oldest visits under way."""
        self.counted: Callable[[], Totals] = lambda: NO_TOTALS
        """Returns what this process has counted since it joined the ledger."""
        self._looked = False
        """Whether somebody looks at them."""
        self._beat_at = time.monotonic()
        """When the next heartbeat is due."""
        self._rates = Rates(time.monotonic())
        self._watch = OwnerWatch()
        self._watched = Watched()
        self._output = OutputWatch(files.root, log)
        self._reported = 0
        """Visits by the last `progress` line."""

    def run(self) -> None:
        """Look at everything once a second, and after each batch of settled visits."""
        report_at = time.monotonic() + self.progress
        while True:
            now = time.monotonic()
            if now >= self._beat_at:
                self.beat()
                self._beat_at = now + (LOOKED_AT_S if self._looked else HEARTBEAT_S)
            if self.progress and now >= report_at:
                self._report()
                report_at = now + self.progress
            self._when_settled()
            self._tally.counted.wait(TICK_S)
            self._tally.counted.clear()

    def look(self) -> None:
        """Tell at once of the visits under way: somebody begins to look at them."""
        if not self._looked:
            self._looked, self._beat_at = True, 0.0
            self._tally.counted.set()

    def beat(self) -> None:
        """Renew the leases, write how the process is, and take back what the dead have left."""
        tally = self._tally
        rate, rate_ok = self._rates.look(tally, time.monotonic())
        pulse = replace(
            self._pulse(), visits=tally.visits, rate=rate, rate_ok=rate_ok, bytes=tally.bytes,
            visits_under_way=self.under_way() if self._looked else (), counted=self.counted(),
        )  # fmt: skip
        beat = self._frontier.beat(self._owner, pulse, self._watched)
        self._looked = beat.looked
        self._watched = self._watch.look(beat.seen, time.monotonic())
        if beat.reclaimed:
            self._sweep(beat.reclaimed)
        self._output.look()
        for hear in self.beaten:
            hear(beat)

    def _sweep(self, reclaimed: Sequence[Reclaimed]) -> None:
        """Remove the `.part` files that dead processes left, and tell what they had."""
        parts = sweep(self._files, self._jobs, [(item.task, item.owner) for item in reclaimed])
        died = sum(item.died for item in reclaimed)
        self._log.warning("lease.reclaimed", tasks=len(reclaimed), parts=parts, dead=died)
        for item in reclaimed:
            self._log_reclaimed(item)

    def _log_reclaimed(self, item: Reclaimed) -> None:
        event = "url.died" if item.died else "url.reclaimed"
        self._log.info(event, job=item.task.job, url=item.task.url, visit_no=item.task.attempt)

    def _report(self) -> None:
        counts = self._frontier.sums().counts
        visits = self._tally.visits
        rate, self._reported = (visits - self._reported) / self.progress, visits
        self._log.info(
            "progress",
            rate=round(rate, 1),
            in_flight=self._pulse().busy,
            waiting=counts.waiting,
            known=counts.known,
            finished=counts.finished,
            eta_s=round(counts.waiting / rate) if rate else None,
        )
