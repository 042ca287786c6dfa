"""The frontier's clock in a process: it asks nobody, and hears from the ledger how it runs."""

import time
from collections.abc import Callable
from dataclasses import field
from functools import partial
from typing import Protocol

from crawler.frontier.process import PROC
from crawler.model import Seconds
from crawler.policy.course import Course, Reading
from crawler.value import value

since_boot: Callable[[], Seconds] = partial(
    time.clock_gettime, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
)
"""Returns the seconds since the machine started, its sleep included where that is known."""


def boot() -> str:
    """Return what names this boot, and the time namespace whose `since_boot` it is; '' if unknown.

    Without it no two processes know that they share a clock: each goes by the wall clock.
    """
    try:
        this = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    try:
        return f"{this} {(PROC / 'self/ns/time').readlink()}"
    except OSError:  # a kernel without them
        return this


@value
class Clocks:
    """The clocks of a machine."""

    wall: Callable[[], Seconds] = time.time
    steady: Callable[[], Seconds] = since_boot
    boot: str = field(default_factory=boot)

    def read(self) -> Reading:
        """Read them at one moment."""
        return Reading(self.boot, self.wall(), self.steady())


class AnyClocks(Protocol):
    """The clocks of a machine: this one, or a server."""

    @property
    def wall(self) -> Callable[[], Seconds]:
        """Returns the time of day."""

    @property
    def steady(self) -> Callable[[], Seconds]:
        """Returns a time that nobody sets."""

    @property
    def read(self) -> Callable[[], Reading]:
        """Reads both at one moment."""


class Clock:
    """The frontier's time, by the course that was heard last; until then the wall clock."""

    def __init__(self, clocks: AnyClocks) -> None:
        self.clocks = clocks
        self._course: Course | None = None
        self._going = (clocks.wall, 0.0)
        """The clock that it goes by, and what leads from that to its time: threads read both."""

    def now(self) -> Seconds:
        """Return the frontier's time."""
        read, offset = self._going
        return read() + offset

    @property
    def stepped(self) -> Seconds:
        """Return the sum of the steps of its time, as far as this process has heard of them."""
        return self._course.stepped if self._course else 0.0

    def hear(self, course: Course) -> None:
        """Go by a course from now on."""
        self._course = course
        self._going = (self.clocks.steady, course.offset)
