"""Events are posted to a web server, in one message that is signed."""

import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ssl import SSLContext
from urllib.parse import urlsplit

import gevent

from crawler import __version__
from crawler.frontier.outbox import Waiting
from crawler.hooks.hook import Hook
from crawler.hooks.results import Result, delivered, failed_whole
from crawler.policy.http_dates import parse_retry_after
from crawler.policy.webhooks import headers, message_id
from crawler.threads import Native
from crawler.transport.tls import tls_context

MAX_EVENTS = 100
"""Events of a message."""
MAX_BYTES = 256 * 1024
"""Bytes of a message, unless one event alone has more."""
_SENT = {"Content-Type": "application/json", "User-Agent": f"crawlerd/{__version__}"}


class Posts:
    """Posts to the operators' own servers: no guard of addresses, no proxy, no redirect."""

    def __init__(self) -> None:
        self._context: SSLContext | None = None

    def deliver(self, hook: Hook, waiting: Sequence[Waiting]) -> Result:
        """Post as many of the events as go into a message; the others were not tried."""
        sent = list(_fitting(waiting))
        options = hook.options
        try:
            with gevent.Timeout(options.timeout, TimeoutError("no answer in time")):
                status, asked = self._post(hook, sent)
        except (OSError, HTTPException, ValueError) as error:  # ValueError: a host that is none
            return failed_whole(sent, _words(error))
        if 200 <= status < 300:
            return delivered(sent)
        return failed_whole(sent, f"HTTP status {status}", asked)

    def _post(self, hook: Hook, sent: Sequence[Waiting]) -> tuple[int, float]:
        """Return the status of the answer, and how long it asks to be left alone.

        Of the answer only its head is read, whose lines http.client bounds.
        """
        url, body = urlsplit(hook.options.post or ""), message_of(sent)
        now = time.time()
        id_ = message_id(one.id for one in sent)
        signed = headers(id_, int(now), body, hook.options.secret)
        connection = self._connection(url.scheme, url.hostname or "", url.port)
        try:
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.request("POST", target, body, {**_SENT, **signed, "Connection": "close"})
            with connection.getresponse() as answer:
                return answer.status, _asked(answer, now)
        finally:
            connection.close()

    def _connection(self, scheme: str, host: str, port: int | None) -> HTTPConnection:
        if scheme == "http":
            return HTTPConnection(host, port)
        if self._context is None:
            with Native(1) as native:  # to read all authorities takes a tenth of a second or more
                self._context = native.call(_trusting)
        return HTTPSConnection(host, port, context=self._context)


def _trusting() -> SSLContext:
    """Return a context of the usual authorities, and of those of this machine (SSL_CERT_FILE)."""
    context = tls_context(verify=True)
    context.set_default_verify_paths()
    return context


def message_of(sent: Sequence[Waiting]) -> bytes:
    """Return the body of a message; the same events have the same one again."""
    events = ",".join(one.body for one in sent)
    return f'{{"type":"crawler.events","data":{{"events":[{events}]}}}}'.encode()


def _fitting(waiting: Sequence[Waiting]) -> Iterator[Waiting]:
    size = 0
    for one in waiting[:MAX_EVENTS]:
        size += len(one.body)
        if size > MAX_BYTES and size > len(one.body):
            return
        yield one


def _asked(answer: HTTPResponse, now: float) -> float:
    return parse_retry_after(answer.getheader("Retry-After"), now) or 0.0


def _words(error: BaseException) -> str:
    """Say what went wrong; no exception of these has the path of the URL in its text."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(said)[:200]
