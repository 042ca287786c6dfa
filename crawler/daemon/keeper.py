"""The keeper does what is due now and then: renew leases, reclaim those of the dead, report."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from gevent.event import Event

from crawler.config import Job
from crawler.frontier import LEASE_S, Frontier, Pulse, Reclaimed
from crawler.frontier.process import Process
from crawler.log import Log
from crawler.model import Seconds
from crawler.policy.retry import KINDS
from crawler.records import Again, Hop, Settlement
from crawler.store import Files, sweep

TICK_S: Seconds = 1.0
HEARTBEAT_S: Seconds = LEASE_S / 12
"""Time between two renewals, with which the process's row says how it is."""
RATE_WEIGHT = 0.3


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
        pulse: Callable[[], Pulse] = lambda: Pulse("running"),
        when_settled: Callable[[], None] = lambda: None,
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._process = process
        self._jobs = jobs
        self._files = files
        self._log = log
        self.progress = progress
        self._settled = settled or Event()
        self._pulse = pulse
        self._when_settled = when_settled
        self._visits: Counter[str] = Counter()
        self._rates = (0.0, 0.0)
        self._all = self._ok = self._bytes = 0
        self._beaten = (time.monotonic(), 0, 0)

    def run(self) -> None:
        """Look after everything once a second, and whenever something was settled."""
        beat_at = time.monotonic()
        report_at = time.monotonic() + self.progress
        while True:
            now = time.monotonic()
            if now >= beat_at:
                self.beat()
                self.reclaim()
                beat_at = now + HEARTBEAT_S
            if self.progress and now >= report_at:
                self._report()
                report_at = now + self.progress
            self._when_settled()
            self._settled.wait(TICK_S)
            self._settled.clear()

    def beat(self) -> None:
        """Renew the leases, and say in the ledger how the process is."""
        now = time.monotonic()
        at, visits, ok = self._beaten
        passed = max(0.001, now - at)
        self._rates = (
            _smoothed(self._rates[0], (self._all - visits) / passed),
            _smoothed(self._rates[1], (self._ok - ok) / passed),
        )
        self._beaten = (now, self._all, self._ok)
        rate, rate_ok = self._rates
        pulse = replace(
            self._pulse(), visits=self._all, rate=rate, rate_ok=rate_ok, bytes=self._bytes
        )
        self._frontier.heartbeat(self._owner, pulse, time.time())

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
        self._all += 1
        self._bytes += settlement.outcome.size
        if not isinstance(settlement.verdict, Again | Hop):
            self._ok += KINDS[settlement.outcome.kind].word == "ok"

    def _tell(self, item: Reclaimed) -> None:
        event = "url.died" if item.died else "url.reclaimed"
        self._log.info(event, job=item.task.job, url=item.task.url, attempt=item.task.attempt)

    def _report(self) -> None:
        counts = self._frontier.counts()
        visits, self._visits = self._visits, Counter()
        rate = sum(visits.values()) / self.progress
        self._log.info(
            "progress",
            rate=round(rate, 1),
            in_flight=self._pulse().busy,
            waiting=counts.waiting,
            known=counts.known,
            finished=counts.finished,
            eta_s=round(counts.waiting / rate) if rate else None,
        )


def _smoothed(old: float, new: float) -> float:
    return round(old + RATE_WEIGHT * (new - old) if old else new, 2)
