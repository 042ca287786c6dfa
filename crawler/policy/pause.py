"""The pause of the whole daemon while this machine is at fault: pure, with hysteresis.

A full disk or a table without a free descriptor fails every visit alike. So nothing is handed off
for a while; then one visit at a time probes, and only a file that is stored ends the pause.
"""

from dataclasses import dataclass

from crawler.model import Seconds

FIRST_PAUSE_S: Seconds = 1.0
MAX_PAUSE_S: Seconds = 30.0


@dataclass(slots=True)
class Pause:
    """Whether visits may be handed off. Times are monotonic."""

    active: bool = False
    until: Seconds = 0.0
    since: Seconds = 0.0
    _step: Seconds = 0.0

    def fault(self, now: Seconds) -> bool:
        """Note a fault; return whether it begins a pause. A probe that fails doubles it."""
        begins = not self.active
        if begins:
            self.active, self.since, self._step = True, now, FIRST_PAUSE_S
        elif now < self.until:
            return False  # this visit was under way when the pause began
        else:
            self._step = min(2 * self._step, MAX_PAUSE_S)
        self.until = now + self._step
        return begins

    def well(self, now: Seconds) -> bool:
        """Note that a visit went well; return whether that ends a pause: only a probe's does."""
        ends = self.active and now >= self.until
        self.active = self.active and not ends
        return ends

    def allows(self, now: Seconds, busy: int) -> bool:
        """Tell whether a visit may be handed off while `busy` others are under way."""
        return not self.active or (now >= self.until and busy == 0)
