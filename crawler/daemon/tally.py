"""Numbers of settled visits, of good ends among them, and of bytes."""

from gevent.event import Event

from crawler.policy.retry import word_of
from crawler.records import Again, Hop, Settlement


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
        self.bytes += settlement.outcome.size
        if not isinstance(settlement.verdict, Again | Hop):
            self.ok += word_of(settlement.task, settlement.outcome) == "ok"
        self.counted.set()
