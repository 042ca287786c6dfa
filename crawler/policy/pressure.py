"""Guards of what a machine has not enough of: pure, with hysteresis, so that none flutters.

Room is guarded by a floor: below it no visit begins. Memory and descriptors are guarded by a
ceiling: above it ever fewer visits run at once, and more again once there is air.
"""

import math
from enum import Enum

from crawler.model import Seconds
from crawler.value import mutable

ABOVE_FLOOR = 1.25
"""Times a floor that there has to be until what was short counts as enough."""
AIR = 0.85
"""Share of a ceiling below which more visits may run again."""
STEP_S: Seconds = 2.0
"""Time between two steps of a squeeze: the visits that are too many have to end first."""


def wanted_descriptors(concurrency: int) -> int:
    """Return how many descriptors a process should be allowed.

    A visit takes a socket and perhaps a file; two idle connections are kept for each visit.
    """
    return 4 * concurrency + 64


def most_visits(used: int, limit: int, busy: int) -> float:
    """Return how many visits may run at once without more than `limit` descriptors.

    `busy` of them run, and `used` descriptors are open; each visit more takes two, as above.
    """
    return max(1, busy + max(0, limit - used) // 2) if limit else math.inf


@mutable
class Floor:
    """Whether something is short: less of it is left than `least`, or was and is hardly more."""

    short: bool = False

    def look(self, left: float, least: float) -> bool:
        """Note how much is left; return whether that begins or ends a shortage. 0 asks for none."""
        was = self.short
        self.short = least > 0 and left < least * (ABOVE_FLOOR if was else 1)
        return self.short is not was


class Step(Enum):
    """What follows of a look at a ceiling."""

    NONE = "none"
    RELIEVE = "relieve"
    """It was reached just now: what costs no visit is done first."""
    BEGUN = "begun"
    """From now on fewer visits run at once."""
    ENDED = "ended"
    """From now on as many as ever may run."""


@mutable
class Squeeze:
    """How many visits may run at once while too much of something is used. Times are monotonic."""

    most: float = math.inf
    """Visits at once; infinite while there is enough."""
    _step_at: Seconds | None = None
    """When the next step may be made; None while there is air."""

    def look(self, load: float, now: Seconds, *, busy: int, least: int, otherwise: int) -> Step:
        """Note the load, as a share of the ceiling, and how many visits are under way.

        `least` visits may run in any case, `otherwise` do where nothing is short.
        """
        if load >= 1:
            return self._down(now, busy, least, otherwise)
        if load >= AIR or (self.most < math.inf and now < (self._step_at or now)):
            return Step.NONE
        return self._up(now, otherwise)

    def _down(self, now: Seconds, busy: int, least: int, otherwise: int) -> Step:
        if self._step_at is None:
            self._step_at = now + STEP_S
            return Step.RELIEVE
        if now < self._step_at:
            return Step.NONE
        begins = self.most == math.inf
        self.most = max(least, min(self.most, busy, otherwise) // 2)
        self._step_at = now + STEP_S
        return Step.BEGUN if begins else Step.NONE

    def _up(self, now: Seconds, otherwise: int) -> Step:
        was, self.most = self.most, self.most * 2
        if self.most < otherwise:
            self._step_at = now + STEP_S
            return Step.NONE
        self.most, self._step_at = math.inf, None
        return Step.NONE if was == math.inf else Step.ENDED
