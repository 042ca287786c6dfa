"""Numbers of settled visits, of good ends among them, and of bytes."""

from gevent.event import Event

from crawler.model import Seconds
from crawler.policy.causes import GOOD
from crawler.policy.retry import word_of
from crawler.records import Again, Hop, Settlement

GOES_ON = (Again, Hop)
"""Verdicts that end nothing; a tuple, for a union would be made anew for every visit."""


class Tally:
    """Counts settled visits since the start of the process."""

    def __init__(self) -> None:
        self.visits = 0
        self.ok = 0
        """Visits that were a good end of their URL."""
        self.bytes = 0
        """Bytes of the bodies stored."""
        self.counted = Event()
        """Set with every visit that is counted; its reader clears it."""

    def count(self, settlement: Settlement) -> None:
        """Count a settled visit."""
        self.visits += 1
        outcome = settlement.outcome
        self.bytes += outcome.size
        if not isinstance(settlement.verdict, GOES_ON):
            self.ok += outcome.kind in GOOD or word_of(settlement.task, outcome) == "ok"
        self.counted.set()


RATE_WEIGHT = 0.3
"""Share of the newest `RATE_SPAN_S` in a smoothed rate."""
RATE_SPAN_S: Seconds = 5.0


class Rates:
    """Visits a second, and good ends a second: both over the same time, so no end is no visit."""

    def __init__(self, now: Seconds) -> None:
        self._counted = (now, 0, 0)
        self._rates: tuple[float, float] | None = None

    def look(self, tally: Tally, now: Seconds) -> tuple[float, float]:
        """Return both, smoothed, as of a point on the monotonic clock."""
        at, visits, ok = self._counted
        passed = max(0.001, now - at)
        newest = (tally.visits - visits) / passed, (tally.ok - ok) / passed
        weight = 1 - (1 - RATE_WEIGHT) ** (passed / RATE_SPAN_S)
        old = self._rates or newest
        every, good = (was + weight * (new - was) for was, new in zip(old, newest, strict=True))
        self._rates, self._counted = (every, good), (now, tally.visits, tally.ok)
        return round(every, 2), round(good, 2)
