"""The supervisor's mailbox: all that signals, services and workers have to say to it, in order.

A message waits until it is read: also one that comes while the daemon is still being opened.
"""

import time
from enum import Enum
from typing import Final

from gevent.queue import Empty, Queue

from crawler.model import Seconds
from crawler.threads import Greenlet
from crawler.value import value


@value
class Stop:
    """A message: drain; a second one forces the end."""

    cause: str


class Order(Enum):
    """A message without anything to add."""

    RELOAD = "reload"


RELOAD: Final = Order.RELOAD
"""Read the configuration again."""

Message = Stop | Order | Greenlet
"""A greenlet is the message that it has ended."""


class Mailbox:
    """Takes messages from anywhere, also from a signal's handler; the supervisor alone reads."""

    def __init__(self) -> None:
        self._queue: Queue[Message] = Queue()
        self.stops = 0
        """How often a stop was asked for."""
        self.cause = ""
        """Why it was, the first time."""

    @property
    def stop_asked(self) -> bool:
        """Tell whether a stop was asked for."""
        return self.stops > 0

    def stop(self, cause: str) -> None:
        """Ask for a drain, or, the second time, for its end."""
        self.stops += 1
        self.cause = self.cause or cause
        self._queue.put(Stop(cause))

    def reload(self) -> None:
        """Ask for another look at the configuration."""
        self._queue.put(RELOAD)

    def ended(self, greenlet: Greenlet) -> None:
        """Note that a greenlet has ended; its link calls this."""
        self._queue.put(greenlet)

    def stopped(self, timeout: Seconds) -> bool:
        """Wait for a stop, but no longer than the timeout; every message stays to be read."""
        deadline = time.monotonic() + timeout
        kept: list[Message] = []
        while not any(isinstance(one, Stop) for one in kept):
            message = self.next(max(0.0, deadline - time.monotonic()))
            if message is None:
                break
            kept.append(message)
        for message in kept:
            self._queue.put(message)
        return any(isinstance(one, Stop) for one in kept)

    def forget_ended(self) -> None:
        """Drop what was said of greenlets; all that was asked for stays to be read."""
        waiting = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        for message in waiting:
            if isinstance(message, Stop | Order):
                self._queue.put(message)

    def next(self, timeout: Seconds) -> Message | None:
        """Return the oldest message, or None when there is none within the timeout."""
        try:
            return self._queue.get(timeout=timeout)
        except Empty:
            return None
