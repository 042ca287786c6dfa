"""Ends of visits on their way from the workers, and from the feeder, to the settler."""

from collections.abc import Iterable
from operator import attrgetter

from gevent.event import Event
from gevent.queue import Queue

from crawler.model import Visited
from crawler.transport.memory import Memory, Share

MAX_BYTES_WAITING = 64 * 1024 * 1024
"""Bytes of bodies that may wait in memory; beyond it workers wait for the disk."""

_CONTENT = attrgetter("content")


def size_of(visits: Iterable[Visited]) -> int:
    """Return the bytes of bodies that visits have in memory."""
    return sum(map(len, filter(None, map(_CONTENT, visits))))


class Ends:
    """A queue of visits that are over, and the number of bytes that their bodies take."""

    def __init__(self, memory: Memory | None = None) -> None:
        """`memory` is what the answers of all visits share."""
        self._share = Share(memory or Memory())
        self._queue: Queue[Visited] = Queue()
        self._room = Event()
        self._bytes = 0

    def put(self, visited: Visited) -> bool:
        """Add an end, without waiting; tell whether more bytes are in memory than may be."""
        if visited.content:
            self._bytes += len(visited.content)
            self._share.hold(self._bytes)
        self._queue.put(visited)
        return self._bytes > MAX_BYTES_WAITING

    def wait_for_room(self) -> None:
        """Wait while more bytes are in memory than may be."""
        while self._bytes > MAX_BYTES_WAITING:
            self._room.clear()
            self._room.wait()

    @property
    def is_full(self) -> bool:
        """Tell whether more bytes are in memory than may be."""
        return self._bytes > MAX_BYTES_WAITING

    def __len__(self) -> int:
        return self._queue.qsize()

    def get(self) -> Visited:
        """Wait for an end, and take it.

        Raises:
            gevent.queue.ShutDown: the queue is shut, and nothing is left in it.
        """
        return self._queue.get()

    def get_all(self, most: int) -> list[Visited]:
        """Take the ends that are there, as many as `most`."""
        return [self._queue.get_nowait() for _ in range(min(most, self._queue.qsize()))]

    def freed(self, size: int) -> None:
        """Note that so many bytes of bodies are on disk, or were dropped."""
        self._bytes -= size
        self._share.hold(self._bytes)
        if self._bytes <= MAX_BYTES_WAITING:
            self._room.set()

    def shut(self) -> None:
        """Let `get` end once everything is taken."""
        self._queue.shutdown()
