"""What the daemon does with its log beside writing: a reload, a number, many lines at once."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from crawler.config import LogOptions
from crawler.log import EventLog, Lines


@dataclass(frozen=True, slots=True)
class LogControls:
    """The controls of a log; by default they control nothing."""

    together: Callable[[], AbstractContextManager[None]] = nullcontext
    """Has the lines of a block written at once."""
    come_from: Callable[[int], None] = lambda _: None
    """Takes the number of this process in the ledger, for every line."""
    adjust: Callable[[LogOptions], None] = lambda _: None
    """Takes the options of a configuration that is newly in force."""


def controls_of(log: EventLog, lines: Lines) -> LogControls:
    """Return the controls of the daemon's log."""

    def adjust(options: LogOptions) -> None:
        log.set_levels(options.level, options.levels)

    return LogControls(lines.together, log.come_from, adjust)
