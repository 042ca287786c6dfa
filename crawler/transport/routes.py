"""How a connection comes to lead to an origin: straight, or by a proxy, a step of dialling.

Plain http goes to an HTTP proxy as it is, with its whole URL in the request line (RFC 9112, section
3.2.2). https goes through a tunnel that CONNECT opens (RFC 9110, section 9.3.6), and everything
goes through the one that SOCKS opens. Requests and answers are the same whatever the route.
"""

import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol, Self
from urllib.parse import unquote, urlsplit

import gevent

from crawler.errors import LOCAL_FAULTS
from crawler.model import Kind, Seconds, Trouble
from crawler.transport import socks
from crawler.transport.connection import Connection
from crawler.transport.dial import Dialer
from crawler.transport.request_bytes import Origin
from crawler.transport.response_head import Head
from crawler.transport.tls import connection_ended, words_of
from crawler.transport.visit_timer import VisitTimer

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_SILENT = "the proxy was silent for too long"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Route(Protocol):
    """A way to origins; a connect timeout holds for all of its steps together."""

    @property
    def direct(self) -> bool:
        """Whether the other end of a connection is the origin."""

    @property
    def forward(self) -> bytes | None:
        """Header lines that a proxy gets with a plain request; None where none reads requests."""

    def connect(self, origin: Origin, timer: VisitTimer) -> Any:
        """Return a socket to an origin, or, for plain requests, to the proxy that reads them.

        Raises:
            Trouble: there is none; the reason says whether it is for the proxy or the origin.
        """


class Direct:
    """The route without a proxy."""

    direct = True
    forward = None

    def __init__(self, dial: Dialer) -> None:
        self._dial = dial

    def connect(self, origin: Origin, timer: VisitTimer) -> Any:
        deadline = time.monotonic() + timer.connect
        addresses = self._dial.addresses(origin.name, timer.connect)
        return self._dial.race(addresses, origin.port, deadline)


class ProxyUrl(NamedTuple):
    """The URL of a proxy, taken apart."""

    scheme: str
    name: str
    port: int
    user: str
    password: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Take a URL apart; what is percent-encoded in its user and password is decoded."""
        parts = urlsplit(text)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.scheme, str(parts.hostname), port, user, password)

    def dial(self, dial: Dialer, deadline: Seconds) -> Any:
        """Return a socket to the proxy.

        Raises:
            Trouble: there is none.
        """
        try:
            sock = dial(self.name, self.port, max(0.001, deadline - time.monotonic()))
        except Trouble as trouble:
            reason = f"no connection to the proxy: {trouble.reason}"
            raise Trouble(trouble.kind, reason, ours=trouble.ours, at_proxy=True) from trouble
        sock.settimeout(None)
        return sock


class HttpProxy:
    """The route through an HTTP proxy; with a `context` the proxy itself speaks TLS."""

    direct = False

    def __init__(self, proxy: ProxyUrl, dial: Dialer, context: ssl.SSLContext | None) -> None:
        self._proxy = proxy
        self._dial = dial
        self._context = context
        self.forward = _credentials(proxy)

    def connect(self, origin: Origin, timer: VisitTimer) -> Any:
        deadline = time.monotonic() + timer.connect
        sock = self._proxy.dial(self._dial, deadline)
        try:
            if self._context:
                with at_proxy(deadline):
                    sock = self._context.wrap_socket(sock, server_hostname=self._proxy.name)
            if origin.secure:
                self._open_tunnel(sock, origin.host, deadline, timer)
        except BaseException:
            sock.close()
            raise
        return sock

    def _open_tunnel(self, sock: Any, host: str, deadline: Seconds, timer: VisitTimer) -> None:
        connection = Connection(sock, (None, host, False), timer)
        ascii_host = host.encode()
        lines = b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n" % (ascii_host, ascii_host)
        with at_proxy(deadline):
            head: Head = connection.ask(lines + self.forward + b"\r\n", tunnel=True)
        if not 200 <= head.status < 300:
            answer = f"{head.status} {_PHRASES.get(head.status, '')}".rstrip()
            wants_login = head.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
            reason = f"the proxy refused a tunnel: {answer}"
            raise Trouble(Kind.CONNECT, reason, at_proxy=wants_login)
        if connection.surplus():
            raise Trouble(Kind.PROTOCOL, "the proxy sent bytes ahead of what the tunnel brings")


class SocksProxy:
    """The route through a SOCKS5 proxy.

    With `guard` names are resolved here, and the proxy is asked for each address that it lets pass,
    in turn; without it the proxy resolves names.
    """

    direct = False
    forward = None

    def __init__(self, proxy: ProxyUrl, dial: Dialer, guard: Dialer | None) -> None:
        self._proxy = proxy
        self._dial = dial
        self._guard = guard

    def connect(self, origin: Origin, timer: VisitTimer) -> Any:
        deadline = time.monotonic() + timer.connect
        names = [origin.name]
        if self._guard:
            names = [text for _, text in self._guard.addresses(origin.name, timer.connect)]
        for name in names:
            try:
                return self._connected(name, origin.port, deadline)
            except socks.RefusedError as error:
                refusal = error
        raise Trouble(Kind.CONNECT, f"the proxy refused: {refusal}") from refusal

    def _connected(self, name: str, port: int, deadline: Seconds) -> Any:
        sock = self._proxy.dial(self._dial, deadline)
        try:
            with at_proxy(deadline):
                socks.connect(sock, name, port, self._proxy.user, self._proxy.password)
        except BaseException:
            sock.close()
            raise
        return sock


def _credentials(proxy: ProxyUrl) -> bytes:
    """Return the header line with the credentials of a proxy's URL (RFC 7617), if it has any."""
    if not proxy.user and not proxy.password:
        return b""
    pair = b64encode(f"{proxy.user}:{proxy.password}".encode())
    return b"Proxy-Authorization: Basic %b\r\n" % pair


@contextmanager
def at_proxy(deadline: Seconds) -> Iterator[None]:
    """End the block in time, and name the proxy in the reason of what fails there."""
    late = Trouble(Kind.TIMEOUT, _SILENT, at_proxy=True)
    try:
        with gevent.Timeout(max(0.001, deadline - time.monotonic()), late):
            yield
    except ssl.SSLError as error:
        kind = Kind.CONNECT if connection_ended(error) else Kind.TLS
        raise Trouble(kind, f"the proxy: {words_of(error)}", at_proxy=True) from error
    except OSError as error:
        ours = error.errno in LOCAL_FAULTS
        kind = Kind.LOCAL_IO if ours else Kind.CONNECT
        reason = f"the proxy: {error.strerror or error}"
        raise Trouble(kind, reason, ours=ours, at_proxy=True) from error
    except Trouble as trouble:
        reason = _SILENT if trouble.kind is Kind.TIMEOUT else f"the proxy: {trouble.reason}"
        raise Trouble(trouble.kind, reason, ours=trouble.ours, at_proxy=True) from trouble
