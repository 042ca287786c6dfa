"""How long a host rests: pure arithmetic on a monotonic `now`.

The rest between two visits is counted from the moment the answer to the first began to arrive. By
then the host has certainly seen the first request, so no jitter of the network or of a busy machine
can bring two requests closer together on the wire than the delay.
"""

from dataclasses import dataclass

from crawler.model import Seconds


@dataclass(slots=True)
class Rest:
    """The state of one host: ready, busy (all its slots taken) or resting."""

    next_at: Seconds
    """No visit starts before this monotonic time."""
    delay: Seconds = 0.0
    per_host: int = 1
    busy: int = 0
    """Visits handed off or under way."""
    pending: int = 0
    """Visits handed off that no worker has begun: when they start is not known yet."""

    def ready_at(self) -> Seconds | None:
        """Return the earliest time of the next visit, or None while that depends on another."""
        if self.busy >= self.per_host or (self.pending and self.delay):
            return None
        return self.next_at

    def handed_off(self) -> None:
        """Take a slot."""
        self.busy += 1
        self.pending += 1

    def begun(self, now: Seconds) -> None:
        """Note the start: with several slots the next one waits for the delay, not the answer."""
        self.pending -= 1
        self.next_at = max(self.next_at, now + self.delay)

    def finished(self, answered_at: Seconds) -> None:
        """Give the slot back; `answered_at` is when the host's answer began, or the visit's end."""
        self.busy -= 1
        self.next_at = max(self.next_at, answered_at + self.delay)
