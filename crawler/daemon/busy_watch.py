"""Tells the log when another program keeps this one from writing to the ledger, and when it ends.

Everything that writes waits meanwhile, the keeper too, so this has a greenlet of its own.
"""

import time
from collections.abc import Callable
from typing import Self

import gevent

from crawler.log import Log, iso
from crawler.model import Seconds
from crawler.threads import Greenlet

TOLD_AFTER_S: Seconds = 3.0
"""How long another program may write before the log says so: other crawlers take milliseconds."""
TICK_S: Seconds = 0.5


class BusyWatch:
    """Looks twice a second while it is open; `busy_since` is the frontier's."""

    def __init__(self, busy_since: Callable[[], Seconds], log: Log) -> None:
        self._busy_since = busy_since
        self._log = log
        self._told: Seconds = 0.0
        """Monotonic time at which the wait began that was told of; 0 after its end."""

    def __enter__(self) -> Self:
        self._greenlet: Greenlet = gevent.spawn(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        self._greenlet.kill()
        self.look(time.monotonic())  # the end of a wait within the last tick

    def _run(self) -> None:
        while True:
            self.look(time.monotonic())
            gevent.sleep(TICK_S)

    def look(self, now: Seconds) -> None:
        """Tell of a wait once, and of its end once."""
        since = self._busy_since()
        if self._told and since != self._told:
            self._log.info("ledger.free", after_s=round(now - self._told, 1))
            self._told = 0.0
        if since and not self._told and now - since >= TOLD_AFTER_S:
            self._told = since
            began = iso(time.time() - (now - since))
            self._log.warning("ledger.busy", since=began, waited_s=round(now - since, 1))
