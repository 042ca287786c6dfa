"""What is new, as server-sent events (HTML Living Standard, 9.2): one look for all who listen."""

import time
from collections.abc import Callable, Iterator
from http import HTTPStatus

import gevent
from gevent.event import Event

from crawler.model import Seconds
from crawler.threads import Greenlet
from crawler.web.problems import Problem

MAX_STREAMS = 32
EVERY_S: Seconds = 1.0
"""Time between two looks, while somebody listens."""
PING_S: Seconds = 10.0
"""Silence after which something is sent: who is gone is noticed only then."""
LASTS_S: Seconds = 3600.0
"""How long one stream lasts; a browser begins another one by itself."""
_BEGIN = b"retry: 2000\n\n"


def event(name: str, data: bytes) -> bytes:
    """Return one event; its data are JSON, and so one line."""
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


class Events:
    """Sends every stream what `look` returns; it looks only while somebody listens."""

    def __init__(self, look: Callable[[], bytes]) -> None:
        self._look = look
        self._streams = 0
        self._latest = b""
        self._came = Event()
        self._looking: Greenlet | None = None
        self._is_closed = False
        self._round = 0
        """Which streams go on: those that began in it."""

    def stream(self) -> Iterator[bytes]:
        """Yield events for one who listens.

        Raises:
            Problem: too many listen.
        """
        if self._streams >= MAX_STREAMS:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "busy", f"{MAX_STREAMS} streams are open already",
                retry_after=10,
            )  # fmt: skip
        return self._sent()

    def _sent(self) -> Iterator[bytes]:
        self._streams += 1
        try:
            ends_at, began_in = time.monotonic() + LASTS_S, self._round
            yield _BEGIN
            came = self._began()
            while self._goes_on(began_in) and time.monotonic() < ends_at:
                is_new = came.wait(PING_S)
                came = self._began()  # anew, if who looked died meanwhile
                yield self._latest if is_new else b": ping\n\n"
        finally:
            self._streams -= 1

    def _goes_on(self, began_in: int) -> bool:
        return not self._is_closed and began_in == self._round

    def _began(self) -> Event:
        """Have somebody look; return what is set when there is something new."""
        if self._looking is None:
            self._looking = gevent.spawn(self._look_on)
        return self._came

    def _look_on(self) -> None:
        try:
            while self._streams and not self._is_closed:
                again_at = time.monotonic() + EVERY_S
                self._send(self._look())
                gevent.sleep(max(0.0, again_at - time.monotonic()))
        finally:
            self._looking = None

    def _send(self, message: bytes) -> None:
        self._latest, came, self._came = message, self._came, Event()
        came.set()

    def end(self) -> None:
        """End all streams that there are; who may listen still begins another one."""
        self._round += 1
        self._send(b": ending\n\n")

    def close(self) -> None:
        """End all streams; more begin no more."""
        self._is_closed = True
        self.end()
        if self._looking is not None:
            self._looking.kill(block=False)  # a ledger that hangs has it wait for ever
