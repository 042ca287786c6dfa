"""Lines on a descriptor, written by the hub and never waited for.

Lines written at once are no longer than a pipe takes, and are written only when the reader has made
room. Lines that find no room wait in a bounded backlog; lost lines are counted, and a line of its
own gives their number as soon as there is room again.
"""

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from select import POLLERR, POLLHUP, POLLNVAL, POLLOUT

import gevent
from gevent.monkey import get_original

MAX_BACKLOG = 10_000
"""Lines that may wait for room."""
SLOW_READER_FACTOR = 10
"""At the end, a slow reader gets so many times the time of one that reads nothing."""
MAX_LINE_BYTES = 4096
"""PIPE_BUF: a pipe that has room takes this much without blocking (pipe(7))."""


class Lines:
    """Writes lines to a descriptor without ever blocking the hub."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._backlog: deque[bytes] = deque()
        self._poll = get_original("select", "poll")()
        self._poll.register(descriptor, POLLOUT)
        self._flusher: gevent.Greenlet[[], None] | None = None
        self._gathered: list[bytes] | None = None
        self.around: Callable[[], AbstractContextManager[None]] = nullcontext
        """Is open while lines are written: what else is on the terminal may step aside."""
        self.origin: dict[str, int] = {}
        """Fields that say which process writes."""
        self.dropped = 0
        """Lines lost since the last that was written."""
        self._lost = 0
        """Lines lost before these."""

    @property
    def lost(self) -> int:
        """Return how many lines were lost so far."""
        return self._lost + self.dropped

    def msg(self, line: str) -> None:
        """Write a line, now or as soon as there is room."""
        data = line.encode("utf-8", "backslashreplace")
        if len(data) >= MAX_LINE_BYTES:
            data = data[: MAX_LINE_BYTES - 1].decode(errors="ignore").encode()
        self.put(data)

    def put(self, data: bytes) -> None:
        """Write a line that is short enough."""
        if self._gathered is not None:
            self._gathered.append(data + b"\n")
        elif not self._backlog and self._room():
            self._write(*self._loss(), data + b"\n")
        else:
            self._keep(data + b"\n")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write the lines of a block together, as many at once as a pipe takes.

        Lines of other greenlets meanwhile go with them.
        """
        self._gathered = []
        try:
            yield
        finally:
            gathered, self._gathered = self._gathered, None
            for piece in _pieces(gathered):
                if not self._backlog and self._room():
                    self._write(*self._loss(), b"".join(piece))
                else:
                    for line in piece:
                        self._keep(line)

    def _keep(self, line: bytes) -> None:
        if len(self._backlog) >= MAX_BACKLOG:
            self.dropped += 1
            return
        self._backlog.extend((*self._loss(), line))
        if not self._flusher:
            self._flusher = gevent.spawn(self._flush)

    debug = info = warning = error = msg

    def close(self, timeout: float) -> None:
        """Write waiting lines, while the reader takes one at least within `timeout` seconds."""
        flusher, deadline = self._flusher, time.monotonic() + SLOW_READER_FACTOR * timeout
        while flusher and not flusher.dead:
            waiting = len(self._backlog)
            flusher.join(timeout)
            if len(self._backlog) >= waiting or time.monotonic() > deadline:
                break
        if flusher:
            flusher.kill()

    def _flush(self) -> None:
        while self._backlog:
            if self._room():
                piece = next(_pieces(self._backlog))
                for _ in piece:
                    self._backlog.popleft()
                self._write(b"".join(piece))
            gevent.sleep(0 if self._room() else 0.05)
        if self._room():  # else the next line brings it: a full pipe would hold the hub up
            self._write(*self._loss())
        self._flusher = None

    def _room(self) -> bool:
        """Tell whether a line can be written; into a broken pipe it can, and is lost then."""
        ready = self._poll.poll(0)
        return bool(ready and ready[0][1] & (POLLOUT | POLLERR | POLLHUP | POLLNVAL))

    def _write(self, *lines: bytes) -> None:
        with self.around():
            for at, line in enumerate(lines):
                try:
                    os.write(self.descriptor, line)
                except OSError:
                    self.dropped += sum(lost.count(b"\n") for lost in lines[at:])
                    return

    def _loss(self) -> list[bytes]:
        """Return the line with the number of lost lines, if there were any."""
        if not self.dropped:
            return []
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        record = {"timestamp": now, "level": "warning", "event": "log.dropped"}
        lines, self.dropped = self.dropped, 0
        self._lost += lines
        return [json.dumps({**record, **self.origin, "lines": lines}).encode() + b"\n"]


def _pieces(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Divide lines into runs that a pipe takes at once."""
    piece: list[bytes] = []
    size = 0
    for line in lines:
        if piece and size + len(line) > MAX_LINE_BYTES:
            yield piece
            piece, size = [], 0
        piece.append(line)
        size += len(line)
    if piece:
        yield piece
