"""Which processes hang, and are to be started anew: pure.

A process is alive as long as it says so itself, or the ledger hears of it. One that is paused,
waits for its ledger, or cannot write to it says so itself; a ledger that cannot be read tells
nothing, and nothing is done then. Only who has been heard of once can fall silent.
"""

from collections.abc import Iterable

from crawler.model import Seconds
from crawler.value import mutable, value

AGAIN_S: Seconds = 600.0
"""A process that was started anew is let alone for this long, whatever it does."""
MIN_LOOKS = 3
"""Looks in a row at which a process has to hang: those that come late come in a heap."""


@value
class Sight:
    """A process at one look."""

    name: str
    """As supervisord calls it."""
    pid: int
    said: Seconds | None
    """For how long it has not said that it is alive; None if it never did."""
    heard: Seconds | None
    """For how long the ledger has not heard of it; None if it does not know it."""


@mutable
class _Hang:
    since: Seconds
    looks: int = 1


class Watch:
    """Looks at processes again and again, and finds those that hang for too long."""

    def __init__(self, silence: Seconds, patience: Seconds) -> None:
        """Bear a silence, and a hang (which begins after that silence), of seconds."""
        self._silence = silence
        self._patience = patience
        self._hangs: dict[tuple[str, int], _Hang] = {}
        self._restarted: dict[str, Seconds] = {}

    def look(self, sights: Iterable[Sight], now: Seconds) -> list[Sight]:
        """Return which processes are to be started anew, at a monotonic time."""
        hanging = [one for one in sights if self._hangs_now(one)]
        before, self._hangs = self._hangs, {}
        for one in hanging:
            hang = before.get((one.name, one.pid)) or _Hang(now, 0)
            hang.looks += 1
            self._hangs[one.name, one.pid] = hang
        found = [one for one in hanging if self._is_over(one, now)]
        self._restarted |= {one.name: now for one in found}
        return found

    def _hangs_now(self, one: Sight) -> bool:
        signs = [sign for sign in (one.said, one.heard) if sign is not None]
        return bool(signs) and min(signs) > self._silence

    def _is_over(self, one: Sight, now: Seconds) -> bool:
        hang = self._hangs[one.name, one.pid]
        is_long = hang.looks >= MIN_LOOKS and now - hang.since >= self._patience
        return is_long and now - self._restarted.get(one.name, -AGAIN_S) >= AGAIN_S
