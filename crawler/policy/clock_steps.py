"""Rests over a wall clock that is set forward: what the step jumped over is not over. Pure.

Rests are stored in wall time. A rest that was to end while the clock jumped, of a host that no
process held just then, looks over and is not: it ends as much later as the clock was set forward.
"""

from dataclasses import replace

from crawler.model import Seconds
from crawler.records import Rest

STEP_S: Seconds = 0.01
"""Difference of two readings that counts as a step; to take noise for one makes rests longer."""
LAG_S: Seconds = 2.0
"""How much later another process may see the step."""
MAX_STEPS = 8
"""Steps that are remembered: all rests of older ones are over."""


class ClockSteps:
    """The steps forward that a process has seen, each as the two wall times of one moment."""

    def __init__(self) -> None:
        self._offset: Seconds | None = None
        self._steps: list[tuple[Seconds, Seconds]] = []

    def note(self, now: Seconds, offset: Seconds) -> None:
        """Note that `offset` leads from the monotonic time `now` to wall time.

        After a step back the times that were jumped over are those of today: they are forgotten.
        """
        before, self._offset = self._offset, offset
        if before is None or abs(offset - before) < STEP_S:
            return
        if offset < before:
            self._steps.clear()
        else:
            self._steps = [*self._steps, (now + before, now + offset)][-MAX_STEPS:]

    def mended(self, rest: Rest, delay: Seconds) -> Rest:
        """Return a stored rest as it is meant; `delay` counts from the last answer."""
        for before, after in self._steps:
            # What was moved already, and recorded again, is not moved once more.
            latest = max(before, min(before + LAG_S, after - delay))
            answered_at = _moved(rest.answered_at, before - delay, latest, after - before)
            rest = replace(
                rest,
                answered_at=answered_at,
                failed_until=_moved(rest.failed_until, before, after, after - before),
                put_off_until=_moved(rest.put_off_until, before, after, after - before),
            )
        return rest


def _moved(at: Seconds, since: Seconds, until: Seconds, by: Seconds) -> Seconds:
    return at + by if since < at <= until else at
