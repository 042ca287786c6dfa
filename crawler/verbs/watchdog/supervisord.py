"""supervisord, asked by XML-RPC (supervisor's manual, "XML-RPC API Documentation")."""

import http.client
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self
from xmlrpc.client import Error, ServerProxy, Transport

from crawler.errors import CrawlerError
from crawler.model import Seconds

TIMEOUT_S: Seconds = 10.0
_SCHEME = "unix://"


class Program(NamedTuple):
    """A running process."""

    name: str
    pid: int


class _Connection(http.client.HTTPConnection):
    """HTTP over a UNIX socket."""

    def __init__(self, place: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._place = place

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._place)


class _AtSocket(Transport):
    def __init__(self, place: str, headers: list[tuple[str, str]]) -> None:
        super().__init__(headers=headers)
        self._place = place

    def make_connection(self, host: Any) -> http.client.HTTPConnection:  # noqa: ARG002
        return _Connection(self._place)


class Supervisord:
    """The supervisord at a URL, `unix://PLACE` or `http://HOST:PORT`; `headers` go with requests.

    Each method raises CrawlerError where it does not answer, or refuses.
    """

    def __init__(self, url: str, headers: list[tuple[str, str]]) -> None:
        at_socket = url.startswith(_SCHEME)
        place = url.removeprefix(_SCHEME)
        transport = _AtSocket(place, headers) if at_socket else Transport(headers=headers)
        self._proxy = ServerProxy("http://localhost" if at_socket else url, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._proxy("close")()

    def running(self, programs: Collection[str]) -> list[Program]:
        """Return the processes of programs that run, and are not being started or stopped."""
        with _answered():
            everything: Any = self._proxy.supervisor.getAllProcessInfo()
        return [
            Program(f"{one['group']}:{one['name']}", one["pid"])
            for one in everything
            if one["group"] in programs and one["statename"] == "RUNNING"
        ]

    def signal(self, program: Program, name: str) -> None:
        """Send a signal to a process."""
        with _answered():
            self._proxy.supervisor.signalProcess(program.name, name)


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except (Error, OSError, http.client.HTTPException) as error:
        raise CrawlerError(f"supervisord does not do it: {error}") from error
