"""The keeper does what is due now and then: renew leases, reclaim those of the dead, report."""

import time
from collections import Counter
from collections.abc import Callable, Mapping

from gevent.event import Event

from crawler.config import Job
from crawler.frontier import LEASE, Counts, Frontier, Reclaimed
from crawler.frontier.process import Process
from crawler.log import Log
from crawler.model import Seconds, Settlement
from crawler.store import Files, sweep

TICK: Seconds = 1.0
RECLAIM: Seconds = 5.0


class Keeper:
    """Keeps the house while the others work."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        process: Process,
        jobs: Mapping[str, Job],
        files: Files,
        log: Log,
        *,
        progress: Seconds = 0.0,
        settled: Event | None = None,
        busy: Callable[[], int] = lambda: 0,
        when_idle: Callable[[Counts], None] | None = None,
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._process = process
        self._jobs = jobs
        self._files = files
        self._log = log
        self._progress = progress
        self._settled = settled or Event()
        self._busy = busy
        self._when_idle = when_idle
        self._visits: Counter[str] = Counter()

    def run(self) -> None:
        """Look after everything once a second, and whenever something was settled."""
        renew_at = time.monotonic() + LEASE / 4
        reclaim_at = time.monotonic() + RECLAIM
        report_at = time.monotonic() + self._progress if self._progress else float("inf")
        while True:
            self._settled.wait(TICK)
            self._settled.clear()
            now = time.monotonic()
            if now >= renew_at:
                self._frontier.renew(self._owner, time.time())
                renew_at = now + LEASE / 4
            if now >= reclaim_at:
                self._frontier.renew(self._owner, time.time())
                self.reclaim()
                reclaim_at = now + RECLAIM
            if now >= report_at:
                self._report()
                report_at = now + self._progress
            if self._when_idle:
                self._when_idle(self._frontier.counts())

    def reclaim(self) -> None:
        """Take back what dead processes held, and remove the parts they left."""
        reclaimed = self._frontier.reclaim(time.time(), self._process.machine, mine=self._owner)
        if not reclaimed:
            return
        parts = sweep(self._files, self._jobs, [(item.task, item.owner) for item in reclaimed])
        died = sum(item.died for item in reclaimed)
        self._log.warning("lease.reclaimed", tasks=len(reclaimed), parts=parts, dead=died)
        for item in reclaimed:
            self._tell(item)

    def count(self, settlement: Settlement) -> None:
        """Count a visit for the next report."""
        self._visits[settlement.outcome.kind] += 1

    def _tell(self, item: Reclaimed) -> None:
        event = "url.died" if item.died else "url.reclaimed"
        self._log.info(event, job=item.task.job, url=item.task.url, attempt=item.task.attempt)

    def _report(self) -> None:
        counts = self._frontier.counts()
        visits, self._visits = self._visits, Counter()
        rate = sum(visits.values()) / self._progress
        self._log.info(
            "progress",
            rate=round(rate, 1),
            in_flight=self._busy(),
            waiting=counts.waiting,
            known=counts.known,
            finished=counts.finished,
            eta_s=round(counts.waiting / rate) if rate else None,
        )
