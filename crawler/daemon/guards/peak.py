"""The greatest of what was seen lately. Pure."""

from crawler.model import Seconds

SPAN_S: Seconds = 10.0
"""What was seen within this time counts, and some of what was seen within twice of it."""


class Peak:
    """The greatest value within a time, on any clock, in two windows."""

    def __init__(self) -> None:
        self._began: Seconds = 0.0
        self._before = self._since = 0.0

    def note(self, value: float, now: Seconds) -> None:
        """Note a value of now."""
        self._turn(now)
        self._since = max(self._since, value)

    def look(self, now: Seconds) -> float:
        """Return the greatest; 0 where there was none."""
        self._turn(now)
        return max(self._before, self._since)

    def _turn(self, now: Seconds) -> None:
        """Begin another window where it is time."""
        passed = now - self._began
        if passed >= SPAN_S:
            self._before = self._since if passed < 2 * SPAN_S else 0.0
            self._began, self._since = now, 0.0
