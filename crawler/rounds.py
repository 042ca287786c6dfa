"""Rounds of the event loop are kept short: who would make one long waits for the next.

Within one round the loop wakes everybody whose socket is ready, and whoever they wake, one after
the other. Some hundred answers at once would hold up timers, signals and the operator's questions
meanwhile. So whoever is woken for an answer asks here after his first read, and whoever has
connected before a TLS handshake: after ROUND_S he waits in line, and the line goes on in the next
round, beside the timers. Who has long work asks between its steps, and goes on before those in
line. `sleep(0)` does not do it: who sleeps so goes on within the same round. What comes after the
first read does not ask: bodies pause by their own rule (`fetch.limits`).
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from gevent.hub import Waiter, get_hub

from crawler.model import Seconds

ROUND_S: Seconds = 0.003
"""Length of a round after which nobody begins in it."""
_SOON_S: Seconds = 1e-6
"""In the next round."""


class Rounds:
    """The rounds of an event loop, and the line of those that wait for the next one."""

    def __init__(self, monotonic: Callable[[], Seconds] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._line: deque[Any] = deque()
        self.until: Seconds = 0.0
        """When the present round has been long."""
        self._begins: Any = None
        self._goes_on: Any = None

    def give_way(self) -> None:
        """Wait for the next round, if this one has been long; who came first goes on first."""
        if self._line or self._monotonic() >= self.until:
            self._wait(self._line.append)

    def pause(self) -> None:
        """Wait for the next round, if this one has been long, before all that are in line."""
        if self._monotonic() >= self.until:
            self._wait(self._line.appendleft)

    def _wait(self, join: Callable[[Any], None]) -> None:
        if self._begins is None:
            self._watch()
        if not self._line:
            self._goes_on.start(self._go_on)
        waiter: Any = Waiter()
        join(waiter)
        waiter.get()

    def _watch(self) -> None:
        loop = get_hub().loop
        self._begins, self._goes_on = loop.check(ref=False), loop.timer(0.0, repeat=_SOON_S)
        self._begins.start(self._begin)

    def _begin(self) -> None:
        """Note that a round begins: the loop has waited. Runs in the hub."""
        self.until = self._monotonic() + ROUND_S

    def _go_on(self) -> None:
        """Wake those in line as long as the round is short, but one at least; runs in the hub."""
        line = self._line
        while line:
            line.popleft().switch(None)
            if self._monotonic() >= self.until:
                break
        if not line:
            self._goes_on.stop()


ROUNDS = Rounds()
"""Those of the event loop of this process."""
