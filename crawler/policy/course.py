"""The frontier's clock: how it follows the wall clock of its machine. Pure.

It is the time since the machine's boot, which nobody sets, and an `offset`. What the wall clock
differs from that is looked at again and again:

1. A little is made up for, so slowly that no rest is noticeably shorter.
2. More is a step, and doubted: it counts once it has stood for DOUBT_S, or once nobody looked for
   so long. A process that sees the wall clock agree ends every doubt.
3. A step forward counts at once while the clock of this boot is not settled: until it was seen to
   agree some time after the boot. A machine without a battery boots in the past, and learns the
   time from the network.
4. A new boot begins with the wall clock, but never before the time of the last look.
5. A wall clock from before this crawler was made is none: nothing goes back to it.
6. Where boots have no names the wall clock alone counts.

Steps are summed up. The times that are durations, what a host is owed, are kept without that sum,
so that no step makes them shorter or longer.
"""

from dataclasses import replace
from typing import NamedTuple

from crawler.model import Seconds
from crawler.value import value

SLEW_S: Seconds = 2.0
"""A difference up to this is no step."""
SLEW_RATE = 0.01
"""Seconds a second by which a difference that is no step is made up for."""
DOUBT_S: Seconds = 600.0
"""How long a step has to stand before it counts."""
SETTLED_S: Seconds = 600.0
"""Time since the boot from which a wall clock that agrees is taken as set."""
OLDEST: Seconds = 1_767_225_600.0
"""The year 2026: no wall clock that is right has shown less while this crawler was there."""
_PARTS = 1024
"""Steps are whole multiples of this part of a second: such sums of times are exact."""


class Reading(NamedTuple):
    """The clocks of a machine, read at one moment."""

    boot: str
    """Names the boot and the clock that began with it; '' where that is not known."""
    wall: Seconds
    steady: Seconds
    """Time since that boot."""


@value
class Course:
    """How the frontier's time runs, as it was looked at last."""

    boot: str = ""
    offset: Seconds = 0.0
    """Leads from the time since the boot to the frontier's time."""
    at: Seconds | None = None
    """The frontier's time of that look; None before the first."""
    stepped: Seconds = 0.0
    """Sum of the steps that the frontier's time has made."""
    settled: bool = False
    """Whether the wall clock was seen to agree some time after the boot."""
    doubted: Seconds | None = None
    """The offset that a wall clock asks for which is doubted."""
    doubted_since: Seconds = 0.0
    """Time since the boot at which that was first seen."""
    ahead: bool = False
    """Whether the frontier's time went back, and what it left in the future is there yet."""

    @property
    def difference(self) -> Seconds:
        """Return by how much a wall clock that is doubted is ahead; 0 while none is."""
        return 0.0 if self.doubted is None else self.doubted - self.offset


def looked(course: Course, reading: Reading) -> Course:
    """Return the course after a look at the clocks."""
    if not reading.boot:
        return _followed(course, reading)
    if reading.boot != course.boot:
        return _begun(course, reading)
    ahead = reading.wall - _now(course, reading)
    if abs(ahead) <= SLEW_S:
        return _slewed(course, reading, ahead)
    doubt = _doubted(course, reading)
    return _stepped(doubt, reading, ahead) if _counts(course, doubt, reading, ahead) else doubt


def _now(course: Course, reading: Reading) -> Seconds:
    return reading.steady + course.offset


def _unlooked(course: Course, reading: Reading) -> Seconds:
    """Return for how long nobody looked."""
    return 0.0 if course.at is None else max(0.0, _now(course, reading) - course.at)


def _is_set(reading: Reading) -> bool:
    return reading.steady >= SETTLED_S and reading.wall >= OLDEST


def _followed(course: Course, reading: Reading) -> Course:
    """Go by the wall clock."""
    ahead = reading.wall < (course.at or 0.0) - SLEW_S
    return Course(
        offset=reading.wall - reading.steady,
        at=reading.wall,
        stepped=course.stepped,
        ahead=course.ahead or ahead,
    )


def _begun(course: Course, reading: Reading) -> Course:
    """Begin with a boot."""
    now = max(reading.wall, course.at or 0.0)
    begun = replace(
        course,
        boot=reading.boot,
        offset=now - reading.steady,
        at=now,
        settled=False,
        doubted=None,
    )
    if now - reading.wall > SLEW_S:
        return _doubted(begun, reading)
    return replace(begun, settled=_is_set(reading))


def _slewed(course: Course, reading: Reading, ahead: Seconds) -> Course:
    most = SLEW_RATE * _unlooked(course, reading)
    offset = course.offset + max(-most, min(most, ahead))
    settled = course.settled or _is_set(reading)
    return replace(course, offset=offset, at=reading.steady + offset, settled=settled, doubted=None)


def _doubted(course: Course, reading: Reading) -> Course:
    """Note which offset the wall clock asks for, and since when."""
    wanted, before = reading.wall - reading.steady, course.doubted
    same = before is not None and abs(wanted - before) <= SLEW_S
    since = course.doubted_since if same else reading.steady
    return replace(course, at=_now(course, reading), doubted=wanted, doubted_since=since)


def _counts(course: Course, doubt: Course, reading: Reading, ahead: Seconds) -> bool:
    """Tell whether the frontier's time follows a step."""
    if ahead > 0 and not course.settled:
        return True
    stood = max(_unlooked(course, reading), reading.steady - doubt.doubted_since)
    return stood >= DOUBT_S and reading.wall >= OLDEST


def _stepped(course: Course, reading: Reading, ahead: Seconds) -> Course:
    by = round(ahead * _PARTS) / _PARTS
    return replace(
        course,
        offset=course.offset + by,
        at=_now(course, reading) + by,
        stepped=course.stepped + by,
        settled=_is_set(reading),
        doubted=None,
        ahead=course.ahead or by < 0,
    )
