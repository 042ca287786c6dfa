"""A server that answers late or in drips: one process, one epoll, many addresses, no gevent.

    python -m tests.bench.slowserver PORT ADDRESS…

Every path has a body of its own (`body_of`) that comes after `delay`. `/drip/…` brings its head and
a byte at once, then a byte now and then, and the rest when `hold` of them have been held together
for `hold_s`. `/new/…` has another body every time. Lines of JSON on standard input ask for things
and are answered each by a line: {"reset": {OPTION: …}} and {"stats": {}}.
"""

import hashlib
import heapq
import json
import os
import select
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from typing import Any

ROBOTS = b"User-agent: *\nDisallow: /private/\n"
DRIP_S = 10.0
PATIENCE_S = 15.0
"""Drips end when nobody came for so long, however few; who comes later gets all at once."""
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n"
_STDIN = 0


def body_of(path: str) -> bytes:
    """Return the body of a path: 1 KB that no other path has."""
    return hashlib.sha256(path.encode()).hexdigest().encode() * 16


class Connection:
    """A client; what it was sent of a drip."""

    __slots__ = ("address", "buffer", "rest", "socket")

    def __init__(self, client: socket.socket, address: str) -> None:
        self.socket = client
        self.address = address
        self.buffer = b""
        self.rest = b""


class Server:
    """Answers until its standard input ends."""

    def __init__(self, port: int, addresses: list[str]) -> None:
        self._port = port
        self._addresses = addresses
        self._epoll = select.epoll()
        self._listeners: dict[int, socket.socket] = {}
        self._clients: dict[int, Connection] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._asked = b""
        self._reset()

    def run(self) -> None:
        """Listen and answer."""
        for address in self._addresses:
            listener = socket.create_server((address, self._port), backlog=4096)
            listener.setblocking(False)
            self._listeners[listener.fileno()] = listener
            self._epoll.register(listener, select.EPOLLIN)
        self._epoll.register(_STDIN, select.EPOLLIN)
        print(json.dumps({"ready": True}), flush=True)
        while True:
            wait = self._timers[0][0] - time.time() if self._timers else 1.0
            for descriptor, _ in self._epoll.poll(max(0.0, wait), 1024):
                if descriptor == _STDIN:
                    if not self._command():
                        return
                elif descriptor in self._listeners:
                    self._accept(self._listeners[descriptor])
                elif descriptor in self._clients:
                    self._read(self._clients[descriptor])
            now = time.time()
            while self._timers and self._timers[0][0] <= now:
                heapq.heappop(self._timers)[2]()

    def _reset(self, delay: float = 0.0, hold: int = 0, hold_s: float = 0.0) -> None:
        self._delay, self._hold, self._hold_s = delay, hold, hold_s
        self._arrivals: dict[str, list[float]] = defaultdict(list)
        self._dripping: dict[int, Connection] = {}
        self._held: dict[str, float] = {}
        self._most = self._peak = 0
        self._came = 0.0

    def _command(self) -> bool:
        data = os.read(_STDIN, 65536)
        self._asked += data
        *lines, self._asked = self._asked.split(b"\n")
        for line in lines:
            for word, options in json.loads(line).items():
                print(json.dumps(self._answer_command(word, options)), flush=True)
        return bool(data)

    def _answer_command(self, word: str, options: dict[str, Any]) -> dict[str, Any]:
        if word == "reset":
            self._reset(**options)
            return {}
        held = {"most_held": self._most, **self._held}
        return {"arrivals": self._arrivals, "peak": self._peak, "held": held}

    def _accept(self, listener: socket.socket) -> None:
        address = listener.getsockname()[0]
        with suppress(BlockingIOError):
            while True:
                client = listener.accept()[0]
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._clients[client.fileno()] = Connection(client, address)
                self._epoll.register(client, select.EPOLLIN)
                self._peak = max(self._peak, len(self._clients))

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hang_up(connection)
        connection.buffer += data
        for path in _requests(connection):
            self._arrivals[connection.address].append(time.time())
            self._serve(connection, path)

    def _serve(self, connection: Connection, path: str) -> None:
        if path.startswith("/drip/"):
            return self._begin_drip(connection, path)
        body = ROBOTS if path == "/robots.txt" else body_of(path)
        if path.startswith("/new/"):
            body = body_of(f"{path}{time.time()}")
        data = _HEAD.format(len(body)).encode() + body
        if self._delay:
            return self._later(self._delay, lambda: self._send(connection, data))
        return self._send(connection, data)

    def _begin_drip(self, connection: Connection, path: str) -> None:
        body = body_of(path)
        head = _HEAD.format(len(body)).encode()
        if self._held and self._held["to"] <= time.time():
            return self._send(connection, head + body)
        self._send(connection, head + body[:1])
        connection.rest = body[1:]
        self._dripping[id(connection)] = connection
        self._came = time.time()
        self._most = max(self._most, len(self._dripping))
        self._later(DRIP_S, lambda: self._drip(connection))
        if len(self._dripping) == self._hold:
            self._held = {"from": self._came, "to": self._came + self._hold_s}
            self._later(self._hold_s, self._end_drips)
        elif len(self._dripping) == 1:
            self._later(PATIENCE_S, self._look)
        return None

    def _look(self) -> None:
        """End the drips if nobody came for long; see `PATIENCE_S`."""
        if self._held or not self._dripping:
            return
        if time.time() - self._came >= PATIENCE_S:
            self._held = {"from": self._came, "to": time.time()}
            self._end_drips()
        self._later(1.0, self._look)

    def _drip(self, connection: Connection) -> None:
        if id(connection) in self._dripping and len(connection.rest) > 1:
            self._send(connection, connection.rest[:1])
            connection.rest = connection.rest[1:]
            self._later(DRIP_S, lambda: self._drip(connection))

    def _end_drips(self) -> None:
        dripping, self._dripping = self._dripping, {}
        for connection in dripping.values():
            self._send(connection, connection.rest)

    def _send(self, connection: Connection, data: bytes) -> None:
        try:
            connection.socket.send(data)  # it fits into any socket's buffer
        except OSError:
            self._hang_up(connection)

    def _hang_up(self, connection: Connection) -> None:
        descriptor = connection.socket.fileno()
        if self._clients.pop(descriptor, None):
            self._epoll.unregister(descriptor)
        self._dripping.pop(id(connection), None)
        connection.socket.close()

    def _later(self, wait: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.time() + wait, next(self._number), act))


def _requests(connection: Connection) -> Iterator[str]:
    """Take whole requests out of a client's buffer; none has a body."""
    while b"\r\n\r\n" in connection.buffer:
        head, _, connection.buffer = connection.buffer.partition(b"\r\n\r\n")
        yield head.split(b" ", 2)[1].decode("latin-1")


if __name__ == "__main__":
    Server(int(sys.argv[1]), sys.argv[2:]).run()
