"""Tells when the wall clock and the frontier's clock differ, and when the latter is set."""

from collections.abc import Callable

from crawler.frontier import Beat
from crawler.log import Log
from crawler.policy.course import DOUBT_S, SLEW_S, Course


class ClockWatch:
    """Tells each step of the clock once, and calls `went_back` where the frontier's time did."""

    def __init__(self, log: Log, went_back: Callable[[], None]) -> None:
        self._log = log
        self._went_back = went_back
        self._before: Course | None = None

    def look(self, beat: Beat) -> None:
        """Compare the course of the frontier's clock with that of the heartbeat before."""
        if beat.course is None:
            return
        before, now = self._before or Course(stepped=beat.course.stepped), beat.course
        self._before = now
        step = now.stepped - before.stepped
        if step:
            self._log.warning("clock.moved", by_s=round(step, 1))
        if now.doubted is not None and abs(now.difference - before.difference) > SLEW_S:
            differs = round(now.difference, 1)
            self._log.warning("clock.doubted", differs_s=differs, believed_in_s=DOUBT_S)
        if step < 0 or (now.ahead and not before.ahead):
            self._went_back()
