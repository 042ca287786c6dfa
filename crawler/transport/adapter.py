"""The connection layer below `requests`: an adapter that does what a crawler's request needs.

It keeps connections of its own (`idle`), sends bytes that are made once for each host
(`request_bytes`), and reads answers strictly (`response_head`, `body_framing`), whatever the route
that they take (`routes`). A connection on which something irregular happened is closed; a host that
sent bytes after an answer is used with a connection for every request from then on.
"""

import ssl
import time
from collections import OrderedDict
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from crawler.rounds import ROUNDS
from crawler.transport.body_framing import body_of
from crawler.transport.connection import Connection, StaleError
from crawler.transport.idle import IdleConnections
from crawler.transport.memory import Memory
from crawler.transport.request_bytes import Origin, Request
from crawler.transport.response_head import Head
from crawler.transport.routes import Route
from crawler.transport.tls import secured
from crawler.transport.visit_timer import VisitTimer

MAX_DISTRUSTED = 10_000
"""Hosts remembered for having sent bytes after an answer."""


class Answer(Response):
    """A response that makes no cookie jar and keeps no history; closing it frees its connection.

    It has what an archive of the exchange needs: `sent`, `head.raw`, the pieces of `body` as they
    are coded, `asked_at` and `peer`.
    """

    def __init__(
        self,
        request: Request,
        sent: bytes,
        head: Head,
        connection: Connection,
        transport: "Transport",
    ) -> None:
        """Assign; the defaults of requests are for what it does afterwards."""
        self.request = request
        self.sent = sent
        """The request, byte for byte."""
        self.url = str(request.url)
        self.head = head
        self.status_code = head.status
        self.headers = head.headers  # type: ignore[assignment]
        self.body = body_of(head, connection)
        self.asked_at = connection.asked_at
        """Monotonic time at which the request was sent."""
        self._connection: Connection | None = connection
        self._transport = transport

    def peer(self) -> str | None:
        """Return the address that answered; None if that was a proxy, or after the end."""
        connection = self._connection
        return connection.peer() if connection and self._transport.route.direct else None

    def close(self) -> None:
        """Keep the connection for the next request, if nothing speaks against it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if not (self.head.keeps and self.body.whole):
            connection.close()
        elif connection.surplus():
            self._transport.distrust(connection)
        else:
            self._transport.keep(connection)


class Transport(BaseAdapter):
    """An adapter for one route and one TLS context; it retries nothing but the stale."""

    def __init__(
        self, route: Route, context: ssl.SSLContext, idle: IdleConnections, memory: Memory
    ) -> None:
        super().__init__()
        self._memory = memory
        self.route = route
        self._context = context
        self._idle = idle
        self.distrusted: OrderedDict[str, None] = OrderedDict()
        """Hosts that sent bytes after an answer on this route."""

    def send(self, request: PreparedRequest, *_: Any, timeout: Any = None, **__: Any) -> Answer:
        """Send a request; on a kept connection that had died, once more and at once.

        `timeout` is the VisitTimer of the visit.

        Raises:
            Trouble: no connection, or no answer.
            OSError: likewise, as the system says it.
            ValueError: a URL that cannot be sent.
        """
        assert isinstance(request, Request)
        kept = self._kept(request.origin, timeout)
        if kept:
            try:
                return self._asked(kept, request)
            except StaleError:
                if request.method != "GET":
                    raise
        return self._asked(self._connected(request.origin, timeout), request)

    def close(self) -> None:
        """Close nothing: the idle connections are the fetcher's."""

    def keep(self, connection: Connection) -> None:
        """Keep a connection that has brought its answer and nothing else."""
        if connection.key[1] in self.distrusted:
            connection.close()
        else:
            connection.answered()
            self._idle.put(connection)

    def distrust(self, connection: Connection) -> None:
        """Note that a host sent bytes after an answer: they would be the next URL's answer."""
        connection.close()
        self.distrusted[connection.key[1]] = None
        if len(self.distrusted) > MAX_DISTRUSTED:
            self.distrusted.popitem(last=False)

    def _asked(self, connection: Connection, request: Request) -> Answer:
        origin = request.origin
        try:
            sent = request.wire(
                close=origin.host in self.distrusted,
                forward=None if origin.secure else self.route.forward,
            )
            return Answer(request, sent, connection.ask(sent), connection, self)
        except BaseException:
            connection.close()
            raise

    def _kept(self, origin: Origin, timer: VisitTimer) -> Connection | None:
        while connection := self._idle.take((self, origin.host, origin.secure)):
            if connection.quiet() and origin.host not in self.distrusted:
                connection.timer = timer
                return connection
            if not connection.quiet() and connection.spoke():
                self.distrust(connection)
            connection.close()
        return None

    def _connected(self, origin: Origin, timer: VisitTimer) -> Connection:
        sock = self.route.connect(origin, timer)
        sock.settimeout(None)
        if origin.secure:
            ROUNDS.give_way()
            sock = self._secured(sock, origin.name.rstrip("."), timer)
        return Connection(sock, (self, origin.host, origin.secure), timer, self._memory)

    def _secured(self, sock: Any, name: str, timer: VisitTimer) -> Any:
        timer.until = time.monotonic() + timer.connect
        try:
            return secured(sock, self._context, name)
        except BaseException:
            sock.close()
            raise
        finally:
            timer.until = 0.0
