"""Notices that the wall clock was moved, against a clock that nobody moves."""

import time
from collections.abc import Callable

from crawler.log import Log, iso
from crawler.model import Seconds

STEP_S: Seconds = 2.0
"""Smallest step that is told: a clock that is drawn to the right time moves by less at once."""


def since_boot() -> Seconds:
    """Return the seconds since the machine started, its sleep included where that is known."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class ClockWatch:
    """Tells each step of the clock once, to the log and in words to `told`, and calls `moved`.

    `last_seen` is the wall time at which a process was last seen in the ledger: if that is yet to
    come, the clock was ahead then.
    """

    def __init__(
        self,
        log: Log,
        moved: Callable[[], None],
        *,
        last_seen: Seconds | None,
        told: Callable[[str], None] = lambda _: None,
        wall: Callable[[], Seconds] = time.time,
        steady: Callable[[], Seconds] = since_boot,
    ) -> None:
        self._log = log
        self._moved = moved
        self._told = told
        self._wall = wall
        self._steady = steady
        self._offset = max(wall(), last_seen or 0.0) - steady()

    def look(self) -> None:
        """Compare the clocks."""
        offset = self._wall() - self._steady()
        step = offset - self._offset
        if abs(step) >= STEP_S:
            by_s = round(step, 1)
            self._log.warning("clock.moved", by_s=by_s)
            self._told(f"the clock was moved by {by_s:+,.1f} s at {iso(self._wall())}")
            self._moved()
        self._offset = offset
