"""The pause of the whole daemon while this machine is at fault: pure, with hysteresis.

A full disk or a table without a free descriptor fails every visit alike. So nothing is handed off
for a while; then one visit at a time probes, and one that proves the fault over ends the pause.
"""

from crawler.model import Kind, Outcome, Seconds
from crawler.value import mutable

FIRST_PAUSE_S: Seconds = 1.0
MAX_PAUSE_S: Seconds = 30.0
_PROVES_NOTHING = frozenset({Kind.LOCAL_IO, Kind.BUG, Kind.CANCELLED})


def reached_its_host(outcome: Outcome) -> bool:
    """Tell whether a visit had from this machine what it takes to ask a host."""
    return outcome.asked and not outcome.ours and outcome.kind not in _PROVES_NOTHING


@mutable
class Pause:
    """Whether visits may be handed off. Times are monotonic."""

    active: bool = False
    until: Seconds = 0.0
    since: Seconds = 0.0
    cause: str = ""
    """The fault that began it."""
    _step: Seconds = 0.0

    def fault(self, now: Seconds, cause: str = "") -> bool:
        """Note a fault and its cause; return whether it begins a pause.

        A probe that fails doubles it.
        """
        begins = not self.active
        if begins:
            self.active, self.since, self._step = True, now, FIRST_PAUSE_S
            self.cause = cause
        elif now < self.until:
            return False  # this visit was under way when the pause began
        else:
            self._step = min(2 * self._step, MAX_PAUSE_S)
        self.until = now + self._step
        return begins

    def well(self, now: Seconds) -> bool:
        """Note that a visit went well; return whether that ends a pause: only a probe's does."""
        ends = self.probes(now)
        self.active = self.active and not ends
        return ends

    def probes(self, now: Seconds) -> bool:
        """Tell whether a visit that ends now may end the pause."""
        return self.active and now >= self.until

    def allows(self, now: Seconds, busy: int) -> bool:
        """Tell whether a visit may be handed off while `busy` others are under way."""
        return not self.active or (now >= self.until and busy == 0)
