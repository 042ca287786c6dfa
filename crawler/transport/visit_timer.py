"""The one timer of a visit: it ends the visit at its deadline, and a silence of the server.

gevent makes a timer for every wait on a socket with a timeout. Here a wait for the server is
noted with its end, and the one timer looks at the note when it rings, and sets itself again. A note
holds only while the socket is waited for: a disk that is slow is no silence of the server.
"""

import time
from typing import Any, Self

import gevent
from gevent.hub import get_hub

from crawler.config import Timeout
from crawler.model import Kind, Seconds, Trouble

SILENT = "the server was silent for too long"


class VisitTimer:
    """The timer of one visit, in the greenlet that enters it."""

    __slots__ = ("_greenlet", "_timer", "connect", "deadline", "read", "rung", "until")

    def __init__(self, deadline: Seconds, timeout: Timeout) -> None:
        self.deadline = deadline
        """Of the visit; a point on the monotonic clock, as all of these."""
        self.connect = timeout.connect
        self.read = timeout.read
        self.until: Seconds = 0.0
        """Until when the server may be silent; 0.0 while its socket is not waited for."""
        self.rung: gevent.Timeout | None = None
        """Exception that was thrown at the deadline."""
        self._greenlet: Any = None
        self._timer: Any = None

    def __enter__(self) -> Self:
        self._greenlet = gevent.getcurrent()
        self._start(min(self.deadline - time.monotonic(), self.read, self.connect))
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.close()
        self._greenlet = None

    def _start(self, seconds: Seconds) -> None:
        """Start the timer; gevent's clock may be a little late, so that it rings early."""
        self._timer = get_hub().loop.timer(max(0.001, seconds))
        self._timer.start(self._ring)

    def _ring(self) -> None:
        """Throw what is due, as gevent.Timeout does; runs in the hub."""
        now = time.monotonic()
        self._timer.close()
        if now >= self.deadline:
            self.rung = gevent.Timeout()
            self._greenlet.throw(self.rung)
        elif 0.0 < self.until <= now:
            self.until = 0.0
            self._start(self.deadline - now)  # what is caught here does not end the visit
            self._greenlet.throw(Trouble(Kind.TIMEOUT, SILENT))
        else:
            silent = self.until or now + min(self.read, self.connect)
            self._start(min(self.deadline, silent) - now)
