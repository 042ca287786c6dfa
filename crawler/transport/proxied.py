"""Jobs with a proxy: `requests` and urllib3 by their own extension points, adapter and connections.

What a proxy needs (CONNECT, SOCKS, credentials) is theirs; answers are read by `answers`, with the
verdicts of `head`. A connection on which something irregular happened is closed; a host that sent
bytes nobody asked for is used with a connection for every request from then on.
"""

import ssl
from collections import OrderedDict
from collections.abc import Callable
from select import POLLIN
from typing import Any

from gevent.monkey import get_original
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProtocolError

from crawler.transport.dial import Dialer
from crawler.transport.proxied_answer import Answer
from crawler.urls import host_of

DISTRUSTED = 10_000
"""Hosts remembered for having sent bytes nobody asked for."""

_poll = get_original("select", "poll")


class StaleConnectionError(ConnectionResetError):
    """A kept connection turned out to be closed before it brought an answer."""


class _Careful:
    """What both kinds of connection share; mixed in before urllib3's class."""

    dial: Callable[[str, int, float], Any]
    distrusted: OrderedDict[str, None]
    served = 0
    """Answers that this connection has brought."""
    poisoned = False

    def _new_conn(self: Any) -> Any:
        self.served, self.poisoned = 0, False
        return type(self).dial(self._dns_host, self.port, self.timeout)

    def response_class(self: Any, sock: Any, *args: Any, **kwargs: Any) -> Answer:
        """Read answers strictly; http.client calls this name."""
        last = self._key() in type(self).distrusted
        return Answer(sock, *args, distrust=self._poison, last=last, **kwargs)

    def request(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]
        except ConnectionResetError as error:
            raise (StaleConnectionError() if self.served else error) from error

    def getresponse(self: Any) -> Any:
        try:
            response = super().getresponse()  # type: ignore[misc]
        except (ConnectionResetError, BrokenPipeError) as error:
            raise (StaleConnectionError() if self.served else error) from error
        self.served += 1
        return response

    @property
    def is_connected(self: Any) -> bool:
        """Tell whether a kept connection may be used again: open, and nothing to read on it."""
        if self.sock is None or self.poisoned:
            return False
        poll = _poll()
        poll.register(self.sock, POLLIN)
        if not poll.poll(0):
            return True
        if not isinstance(self.sock, ssl.SSLSocket):
            self._look_what()
        return False

    def _look_what(self: Any) -> None:
        """Tell the end of a connection from bytes nobody asked for."""
        try:
            self.sock.settimeout(0.0)
            if self.sock.recv(1):
                self._poison()
        except OSError:
            pass  # reset, which is an end as well

    def _poison(self: Any) -> None:
        self.poisoned = True
        distrusted = type(self).distrusted
        distrusted[self._key()] = None
        if len(distrusted) > DISTRUSTED:
            distrusted.popitem(last=False)

    def _key(self: Any) -> str:
        """Return name:port, as `urls.host_of` has it."""
        name = self.host.strip("[]")
        return f"[{name}]:{self.port}" if ":" in name else f"{name}:{self.port}"


class Proxied(HTTPAdapter):
    """An adapter for one TLS context; it retries nothing but the stale."""

    def __init__(
        self,
        dial: Dialer,
        dial_proxy: Dialer,
        context: ssl.SSLContext,
        distrusted: "OrderedDict[str, None]",
        hosts: int,
    ) -> None:
        self._dial = dial
        self._dial_proxy = dial_proxy
        self._context = context
        self._distrusted = distrusted
        super().__init__(pool_connections=hosts, pool_maxsize=64, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Hand the shared context and the careful connections to every pool."""
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = self._pools(self._dial)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the manager of a proxy: the operator named it, so it may be anywhere."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)
        if not known and not proxy.startswith("socks"):
            manager.pool_classes_by_scheme = self._pools(self._dial_proxy)
        return manager

    def _pools(self, dial: Dialer) -> dict[str, Any]:
        own = {"dial": staticmethod(dial), "distrusted": self._distrusted}
        plain = type("Connection", (_Careful, HTTPConnection), own)
        secure = type("TLSConnection", (_Careful, HTTPSConnection), own)
        return {
            "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("TLSPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send a request; on a kept connection that had died, once more and at once."""
        if host_of(str(request.url)) in self._distrusted:
            request.headers = CaseInsensitiveDict({**request.headers, "Connection": "close"})
        try:
            return super().send(request, *args, **kwargs)
        except RequestsConnectionError as error:
            if not _is_stale(error) or request.method not in {"GET", "HEAD"}:
                raise
        return super().send(request, *args, **kwargs)

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Name the host only: the TLS settings are those of the context."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the authorities as the context has them."""


def _is_stale(error: RequestsConnectionError) -> bool:
    inner = error.args[0] if error.args else None
    return isinstance(inner, ProtocolError) and any(
        isinstance(cause, StaleConnectionError) for cause in inner.args
    )
