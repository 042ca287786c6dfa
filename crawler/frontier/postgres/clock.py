"""The clock of a server, as a process reads it.

A server tells its wall clock and no other. So each process holds that against its own steady clock:
as long as both run alike the server's clock is steady, and the frontier's time follows from it and
from the ledger's course; where they part, it has stepped, and the own clock says how time went on.
From the next look on the ledger knows of the step, as a doubted offset or in its own, and the
server's clock counts again, from there.
"""

import time
from collections.abc import Callable
from typing import Any

from crawler.frontier.clock import since_boot
from crawler.model import Seconds
from crawler.policy.course import Reading

SERVER = "server"
"""The name of the server's clock, for `Course.boot`."""
MAX_DRIFT_S: Seconds = 1.0
"""Clocks that part by more, between two looks, have not drifted: one has stepped."""
_LOOK = """
SELECT extract(epoch FROM clock_timestamp())::double precision, "offset", at, doubted FROM clock"""


class ServerClocks:
    """The clocks of a server; `ask` runs a statement on it and returns a row."""

    def __init__(self, ask: Callable[[str], Any], own: Callable[[], Seconds] = since_boot) -> None:
        self._ask = ask
        self._own = own
        self._ahead: Seconds | None = None
        """Leads from the own steady clock to the server's; None before the first look."""
        self._seen: tuple[Seconds, Seconds] | None = None
        """The server's wall clock and the own one, at the last look."""

    def wall(self) -> Seconds:
        """Return the wall clock of this machine: what is asked before the server was."""
        return time.time()

    def steady(self) -> Seconds:
        """Return the server's steady clock, as far as it is known."""
        return self._own() + (self._ahead or 0.0)

    def read(self) -> Reading:
        """Look at the server's clock, within a transaction."""
        before = self._own()
        wall, offset, at, doubted = self._ask(_LOOK)
        own = (before + self._own()) / 2
        steady = wall - (offset if doubted is None else doubted)
        if self._ahead is None:  # nobody may have looked since a step back
            self._ahead = max(steady, (at or 0.0) - offset) - own
        elif not self._has_stepped(wall, own):
            self._ahead = steady - own
        self._seen = wall, own
        return Reading(SERVER, wall, own + self._ahead)

    def _has_stepped(self, wall: Seconds, own: Seconds) -> bool:
        if self._seen is None:
            return False
        seen_wall, seen_own = self._seen
        return abs((wall - seen_wall) - (own - seen_own)) > MAX_DRIFT_S
