"""A proxy between a client and a PostgreSQL server that breaks off where a test wants it to.

It knows of the protocol what tells statements apart (PostgreSQL: Frontend/Backend Protocol).
"""

import contextlib
import enum
import socket
import struct
from collections import deque
from io import BufferedReader
from typing import NamedTuple

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer

from tests.postgres import USER, Cluster

_ENDS = {b"Q": b"ZG", b"B": b"CEIs", b"c": b"Z", b"S": b"Z"}
"""Messages that count as statements, and what their replies end with.

They are Query, Bind, CopyDone, before which rows are under way, and Sync, which ends a pipeline.
"""
_READY = b"Z"
_RESET = struct.pack("ii", 1, 0)
_PLAIN = "sslmode=disable&gssencmode=disable"


class Cut(enum.Enum):
    """How a connection breaks off at a statement."""

    BEFORE = "the server never gets it, the client gets a reset"
    REPLY = "the server has done it, the client never gets the reply"
    STALL = "nobody gets anything any more, until `CuttingProxy.release`"


class _Plan(NamedTuple):
    at: int
    """Number of the statement, from 1."""
    how: Cut


class CuttingProxy:
    """A proxy to a cluster's socket; it passes all on but for what `cut` says."""

    def __init__(self, cluster: Cluster) -> None:
        self._socket = str(cluster.folder / f".s.PGSQL.{cluster.port}")
        self._plan: _Plan | None = None
        self._released = Event()
        self.stalled = Event()
        """Set when something stalls."""
        self.statements = 0
        """How many came since `cut` was said last."""
        self.cuts = 0
        self.connections = 0

    def __enter__(self) -> "CuttingProxy":
        self._server = StreamServer(("127.0.0.1", 0), self._handle, spawn=Pool(1000))
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self._server.stop(timeout=1)

    def url(self, database: str) -> str:
        """Return how to reach a database through the proxy."""
        return f"postgresql://{USER}@127.0.0.1:{self._server.server_port}/{database}?{_PLAIN}"

    def cut(self, at: int = 0, how: Cut = Cut.BEFORE) -> None:
        """Cut at the statement of this number from now on, once; 0: at none."""
        self._plan = _Plan(at, how)
        self.statements = 0
        self._released.clear()

    def release(self) -> None:
        """Let what stalls go on."""
        self._released.set()

    def _handle(self, client: socket.socket, _: object) -> None:
        self.connections += 1
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self._socket)
            _Talk(self, client, server).run()

    def _next(self) -> Cut | None:
        """Count a statement, and return how to cut at it."""
        self.statements += 1
        if self._plan is None or self.statements != self._plan.at:
            return None
        self.cuts += 1
        return self._plan.how


class _Talk:
    """One connection through the proxy."""

    def __init__(self, proxy: CuttingProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client, self._server = client, server
        self._under_way: deque[bytes] = deque()
        """Statements whose replies have not come: many, in a pipeline."""
        self._lost: int | None = None
        """How many replies are still to come until the one that is lost."""

    def run(self) -> None:
        pumps = [gevent.spawn(self._ask), gevent.spawn(self._answer)]
        try:
            gevent.joinall(pumps, count=1)
        finally:
            gevent.killall(pumps)

    def _ask(self) -> None:
        with contextlib.suppress(OSError), self._client.makefile("rb") as asked:
            self._server.sendall(_first(asked))
            while (kind := asked.read(1)) and (message := _rest(kind, asked)):
                how = self._proxy._next() if kind in _ENDS else None
                if how is Cut.BEFORE:
                    self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    return
                if how is Cut.STALL:
                    self._proxy.stalled.set()
                    self._proxy._released.wait()
                if how is Cut.REPLY:
                    self._lost = len(self._under_way)
                if kind in _ENDS:
                    self._under_way.append(kind)
                self._server.sendall(message)

    def _answer(self) -> None:
        with contextlib.suppress(OSError), self._server.makefile("rb") as answered:
            while (kind := answered.read(1)) and (message := _rest(kind, answered)):
                if self._lost is None or self._lost > 0:
                    self._client.sendall(message)
                ended = self._ended(kind)
                if self._lost is not None:
                    self._lost -= ended
                    if self._lost < 0:
                        return

    def _ended(self, kind: bytes) -> int:
        """Return to how many statements a message of the server ends the reply."""
        waiting, ended = self._under_way, 0
        while kind == _READY and waiting and waiting[0] == b"B":  # passed over after an error
            waiting.popleft()
            ended += 1
        if waiting and kind in _ENDS[waiting[0]]:
            waiting.popleft()
            ended += 1
        return ended


def _first(asked: BufferedReader) -> bytes:
    """Read what a connection begins with, which alone has no kind."""
    return _rest(b"", asked)


def _rest(kind: bytes, stream: BufferedReader) -> bytes:
    """Read a message whose kind was read; nothing where the stream ended within it."""
    length = stream.read(4)
    if len(length) < 4:
        return b""
    body = stream.read(struct.unpack(">I", length)[0] - 4)
    return kind + length + body
