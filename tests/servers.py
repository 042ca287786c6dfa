"""Servers on loopback: `Site` answers by routes and remembers, `RudeSite` sends exact bytes."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import gevent
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer
from gevent.server import StreamServer

Answer = bytes | tuple[str, list[tuple[str, str]], Iterable[bytes]]
Route = Callable[[str], Answer]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as the server saw it."""

    at: float
    host: str
    path: str
    client: str
    headers: dict[str, str] = field(default_factory=dict)


class Site:
    """A web site on one or more loopback addresses, all on one port, which is free or given."""

    def __init__(
        self,
        route: Route,
        addresses: Iterable[str] = ("127.0.0.1",),
        context: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        self.route = route
        self._port = port
        self._tls = {"ssl_context": context} if context else {}
        self._addresses = list(addresses)
        self._servers: list[WSGIServer] = []
        self.requests: list[Seen] = []

    def __enter__(self) -> "Site":
        self.port = self._port
        for address in self._addresses:
            listener = socket.create_server((address, self.port), backlog=2048)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            listener.setblocking(False)
            self.port = listener.getsockname()[1]
            server = WSGIServer(
                listener, self._answer, spawn=Pool(10_000), log=None, error_log=None, **self._tls
            )
            server.start()
            self._servers.append(server)
        return self

    def __exit__(self, *_: object) -> None:
        gevent.joinall([gevent.spawn(server.stop, timeout=0.1) for server in self._servers])

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://{self._addresses[0]}:{self.port}"

    def paths(self) -> list[str]:
        return [seen.path for seen in self.requests]

    def _answer(self, environ, start_response):
        headers = {key[5:]: value for key, value in environ.items() if key.startswith("HTTP_")}
        path = environ["PATH_INFO"]
        self.requests.append(
            Seen(time.monotonic(), environ["HTTP_HOST"], path, environ["REMOTE_PORT"], headers)
        )
        answer = self.route(path)
        if isinstance(answer, bytes):
            answer = ("200 OK", [("Content-Length", str(len(answer)))], [answer])
        status, fields, pieces = answer
        start_response(status, fields)
        return pieces


def slow(seconds: float, body: Callable[[str], bytes] = str.encode) -> Route:
    """A route that answers with its path after a while."""

    def route(path: str) -> bytes:
        gevent.sleep(seconds)
        return body(path)

    return route


def status(line: str, *fields: tuple[str, str]) -> Answer:
    """An answer without a body."""
    return line, [("Content-Length", "0"), *fields], []


def free_port() -> int:
    """Return a port of 127.0.0.1 where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class RudeSite:
    """A raw socket: every connection is handed to a function once its request has come."""

    def __init__(self, talk: Callable[[socket.socket], None]) -> None:
        self._talk = talk
        self.connections = 0

    def __enter__(self) -> "RudeSite":
        self._server = StreamServer(("127.0.0.1", 0), self._handle, spawn=Pool(10_000))
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0.1)

    def _handle(self, client: socket.socket, _: object) -> None:
        self.connections += 1
        with client:
            try:
                if client.recv(65536):
                    self._talk(client)
            except OSError:
                pass  # the crawler has hung up, as it should


def sends(data: bytes) -> Callable[[socket.socket], None]:
    """A talk that sends these bytes and closes."""
    return lambda client: client.sendall(data)


def endless(head: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    """A talk that never stops sending."""

    def talk(client: socket.socket) -> None:
        client.sendall(head)
        while True:
            for _ in range(max(1, (1 << 20) // len(piece))):
                client.sendall(piece)
            gevent.sleep(0.0005)  # a reader that is always ready would keep this hub for itself

    return talk
