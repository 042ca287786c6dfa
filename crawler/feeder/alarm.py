"""An event that comes by itself as well, at a time: what wakes the feeder and the leaser."""

import math
import time
from typing import Any

from gevent.event import Event
from gevent.hub import get_hub

from crawler.model import Seconds


class Alarm:
    """An event that a timer sets as well: gevent makes an exception of every timeout.

    A wait that is over before its time leaves the timer to the next one: most waits are short, and
    a timer takes longer to make than all else here.
    """

    def __init__(self) -> None:
        self._event = Event()
        self.set = self._event.set
        """Wakes who waits, or lets the next wait return at once."""
        self.clear = self._event.clear
        self._timer: Any = None
        self._rings_at: Seconds = math.inf

    def wait(self, seconds: Seconds) -> None:
        """Wait until it is set, but no longer than these seconds; an earlier wait may end it."""
        if self._event.ready():
            return
        at = time.monotonic() + seconds
        if at < self._rings_at:
            self._stop()
            self._timer, self._rings_at = get_hub().loop.timer(max(0.0, seconds)), at
            self._timer.start(self._ring)
        try:
            self._event.wait()
        except BaseException:
            self._stop()
            raise

    def _ring(self) -> None:
        self._rings_at = math.inf
        self._event.set()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.close()
        self._timer, self._rings_at = None, math.inf
