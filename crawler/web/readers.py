"""Native threads that read and change the ledger, so that the event loop never waits for it.

Each thread keeps its ledger open for some seconds: a request costs no opening, and a file that was
put in another's place, a server that came back, or a newer form is seen soon. While nobody asks,
none is open.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import gevent
from gevent.event import AsyncResult
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
MAX_GIVEN_UP = 64
"""Threads that hang beside those at work; one more hang leaves one place fewer."""
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

    def close_if_old(self) -> None:
        """Close it if the next request would open it anew."""
        if time.monotonic() > self._until:
            self.close()

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

    def close_if_old(self, _: Opener) -> None:
        self.kept.close_if_old()

    def close(self) -> None:
        self.native.call(self.kept.close)
        self.native.__exit__()


class Readers:
    """Some threads, of which each request gets one to itself.

    A thread that has worked for longer than `within` is given up, and another one takes its place:
    a ledger on a disk that hangs may hold it for ever.
    """

    def __init__(self, number: int, within: Seconds | None = None) -> None:
        self._readers = [_Reader() for _ in range(number)]
        self._within = within
        self._given_up: set[_Reader] = set()
        self.at_work = 0
        """Threads that were left to the end of the process."""
        self._idle: SimpleQueue[_Reader] = SimpleQueue()

    def __enter__(self) -> Self:
        for reader in self._readers:
            reader.native.__enter__()
            self._idle.put(reader)
        self._sweeper = gevent.spawn(self._sweep)
        return self

    def __exit__(self, *_: object) -> None:
        """End the threads that have nothing to do; what others do ends with the process.

        All that changes something does so in transactions.
        """
        self._sweeper.kill()
        self.at_work = len(self._readers) + len(self._given_up)
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()
                self.at_work -= 1

    def run(self, function: Callable[[Opener], T]) -> T:
        """Run a function in a native thread; it gets what opens the ledger.

        Raises:
            Problem: all threads are busy, and stay so, or the ledger did not answer in time.
        """
        try:
            reader = self._idle.get(timeout=BUSY_S)
        except Empty:
            words = "too much is asked at once, or the ledger does not answer"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", words, retry_after=1) from None
        ended: Any = AsyncResult()
        gevent.spawn(self._work, reader, function, ended)
        try:
            ended.wait(self._within)
        except gevent.GreenletExit:  # at the end of the process: what is not done is not answered
            ended.wait()
            raise
        if not ended.ready():
            self._give_up(reader)
            words = f"the ledger did not answer within {self._within:g} s; does its disk hang?"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", words, retry_after=1) from None
        value, error = ended.get()
        if error is not None:
            raise error
        return cast("T", value)

    def _sweep(self) -> None:
        """Have threads that have nothing to do close what they keep, in time."""
        while True:
            gevent.sleep(KEPT_S)
            for _ in range(self._idle.qsize()):
                with suppress(Empty):
                    reader = self._idle.get_nowait()
                    gevent.spawn(self._work, reader, reader.close_if_old, AsyncResult())

    def _work(self, reader: _Reader, function: Callable[[Opener], Any], ended: Any) -> None:
        """Have a thread run a function, however long whoever asked waits for it."""
        value, error = None, None
        try:
            value = reader.native.call(reader.kept.run, function)
        except Exception as failure:  # noqa: BLE001  it is raised where it was asked for
            error = failure
        if reader in self._given_up:
            self._given_up.discard(reader)
            reader.close()
        else:
            self._idle.put(reader)
        ended.set((value, error))

    def _give_up(self, reader: _Reader) -> None:
        if len(self._given_up) >= MAX_GIVEN_UP:
            return
        self._given_up.add(reader)
        self._readers.remove(reader)
        another = _Reader()
        another.native.__enter__()
        self._readers.append(another)
        self._idle.put(another)
