"""Native threads that read and change the ledger, so that the event loop never waits for it.

Each thread keeps its ledger open for some seconds: a request costs no opening, and a file that was
put in another's place, a server that came back, or a newer form is seen soon.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Self, TypeVar

from gevent.queue import Empty, SimpleQueue

from crawler.errors import LocalFaultError, StateError
from crawler.frontier import Desk, open_ledger
from crawler.model import Seconds
from crawler.state_address import StateAddress
from crawler.threads import Native
from crawler.web.problems import Problem

T = TypeVar("T")
Opener = Callable[[StateAddress], AbstractContextManager[Desk]]
KEPT_S: Seconds = 5.0
"""How long a ledger is kept open."""
BUSY_S: Seconds = 5.0
"""How long a request waits for a thread."""
Which = tuple[StateAddress, tuple[int, int] | None]


class Kept:
    """A ledger that is kept open between requests; it belongs to one thread."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._desk: Desk | None = None
        self._which: Which | None = None
        self._until: Seconds = 0.0

    def run(self, function: Callable[[Opener], T]) -> T:
        """Run a function that asks; once more, if the ledger that was kept turned out useless."""
        was_kept = self._desk is not None
        try:
            return function(self.opened)
        except (StateError, LocalFaultError):
            self.close()
            if not was_kept:
                raise
        return function(self.opened)

    @contextmanager
    def opened(self, state: StateAddress) -> Iterator[Desk]:
        """Return the ledger, opened anew if that is another one by now."""
        which = _which(state)
        if self._desk is None or which != self._which or time.monotonic() > self._until:
            self.close()
            self._desk = self._stack.enter_context(open_ledger(state))
            self._which, self._until = which, time.monotonic() + KEPT_S
        yield self._desk

    def close(self) -> None:
        """Close it; nobody but its thread may do so."""
        self._desk = None
        self._stack.close()
        self._stack = ExitStack()


def _which(state: StateAddress) -> Which:
    """Return which ledger is there now: a file by its device and inode."""
    if not isinstance(state, Path):
        return state, None
    try:
        found = state.stat()
    except OSError:
        return state, None
    return state, (found.st_dev, found.st_ino)


class _Reader:
    def __init__(self) -> None:
        self.native = Native(1)
        self.kept = Kept()

    def close(self) -> None:
        self.native.call(self.kept.close)
        self.native.__exit__()


class Readers:
    """Some threads, of which each request gets one to itself."""

    def __init__(self, number: int) -> None:
        self._readers = [_Reader() for _ in range(number)]
        self.at_work = 0
        """Threads that were left to the end of the process."""
        self._idle: SimpleQueue[_Reader] = SimpleQueue()

    def __enter__(self) -> Self:
        for reader in self._readers:
            reader.native.__enter__()
            self._idle.put(reader)
        return self

    def __exit__(self, *_: object) -> None:
        """End the threads that have nothing to do; what others do ends with the process.

        All that changes something does so in transactions.
        """
        self.at_work = len(self._readers)
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()
                self.at_work -= 1

    def run(self, function: Callable[[Opener], T]) -> T:
        """Run a function in a native thread; it gets what opens the ledger.

        Raises:
            Problem: all threads are busy, and stay so.
        """
        try:
            reader = self._idle.get(timeout=BUSY_S)
        except Empty:
            words = "too much is asked at once, or the ledger does not answer"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", words, retry_after=1) from None
        try:
            return reader.native.call(reader.kept.run, function)
        finally:
            self._idle.put(reader)
