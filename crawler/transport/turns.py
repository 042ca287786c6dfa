"""Turns of the event loop are kept short: who would make one long waits for the next.

Within one turn the loop wakes everybody whose socket is ready, one after the other. Some hundred
answers at once would hold up all timers, signals and the operator's questions meanwhile. So whoever
is woken for an answer asks here first: if the turn has been long, he waits in line, and the line
goes on in the next turn, after the timers.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from gevent.hub import Waiter, get_hub

from crawler.model import Seconds

TURN_S: Seconds = 0.002
"""Longest turn, but for the last step in it."""


class Turns:
    """The turns of the event loop of one process."""

    def __init__(self, monotonic: Callable[[], Seconds] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._line: deque[Waiter[None]] = deque()
        self._until: Seconds = 0.0
        self._hub: Any = None
        self._begins: Any = None
        self._next: Any = None

    def give_way(self) -> None:
        """Wait for the next turn, if this one has been long; the first come is the first served."""
        if self._hub is None:
            self._watch()
        if not self._line and self._monotonic() < self._until:
            return
        if not self._line:
            self._next.start(self._go_on)
        waiter: Waiter[None] = Waiter(self._hub)
        self._line.append(waiter)
        waiter.get()

    def close(self) -> None:
        """Watch the loop no more."""
        if self._hub is not None:
            self._begins.close()
            self._next.close()
            self._hub = None

    def _watch(self) -> None:
        self._hub = get_hub()
        loop = self._hub.loop
        self._begins, self._next = loop.check(ref=False), loop.timer(0.0)
        self._begins.start(self._begin)
        self._begin()

    def _begin(self) -> None:
        """Note that a turn begins; runs in the hub."""
        self._until = self._monotonic() + TURN_S

    def _go_on(self) -> None:
        """Wake those in line as long as the turn is short; runs in the hub."""
        line = self._line
        while line and self._monotonic() < self._until:
            line.popleft().switch(None)
        if line:
            self._next.stop()
            self._next.start(self._go_on)
