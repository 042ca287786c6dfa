"""Tells when the wall clock and the frontier's clock differ, and when the latter is set."""

from collections.abc import Callable

from crawler.frontier import Beat
from crawler.log import Log, iso
from crawler.model import Seconds
from crawler.policy.course import DOUBT_S, SLEW_S, Course


class ClockWatch:
    """Tells each step of the clock once, to the log and in words to `told`.

    It calls `went_back` where the frontier's time did. `stepped` is the sum of its steps before
    this process came: what nobody looked at for long is a step as soon as one does.
    """

    def __init__(
        self,
        log: Log,
        went_back: Callable[[], None],
        told: Callable[[str], None] = lambda _: None,
        stepped: Seconds | None = None,
    ) -> None:
        self._log = log
        self._told = told
        self._went_back = went_back
        self._before = None if stepped is None else Course(stepped=stepped)

    def look(self, beat: Beat) -> None:
        """Compare the course of the frontier's clock with that of the heartbeat before."""
        if now := beat.course:
            before, self._before = self._before or Course(stepped=now.stepped), now
            self._tell_step(now, now.stepped - before.stepped)
            if now.doubted is not None and abs(now.difference - before.difference) > SLEW_S:
                self._tell_doubt(now)
            if now.ahead > before.ahead or now.stepped < before.stepped:
                self._went_back()

    def _tell_step(self, now: Course, step: Seconds) -> None:
        if step:
            self._log.warning("clock.moved", by_s=round(step, 1))
            self._told(f"the clock was moved by {step:+,.1f} s at {iso(now.at or 0.0)}")

    def _tell_doubt(self, now: Course) -> None:
        differs, at = round(now.difference, 1), iso(now.at or 0.0)
        self._log.warning("clock.doubted", differs_s=differs, believed_in_s=DOUBT_S)
        self._told(f"the wall clock differs by {differs:+,.1f} s since {at}, and is doubted")
