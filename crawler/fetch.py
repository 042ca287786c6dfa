"""The HTTP exchange: one GET with plain `requests`, under one deadline, as a value or a Trouble.

Redirects are not followed here (they are hops), nothing is retried here (that is a verdict), and
no exception of requests or urllib3 leaves this module.
"""

import ssl
import time
from collections import OrderedDict
from collections.abc import Iterator
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self

import gevent
from requests import PreparedRequest, Response, Session
from requests.cookies import RequestsCookieJar
from requests.exceptions import RequestException
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from crawler.addresses import network
from crawler.body import Intake, Limits
from crawler.causes import trouble_of
from crawler.config import Job
from crawler.decode import ACCEPT, decoder_for
from crawler.dial import Dialer, Resolver
from crawler.errors import UsageError
from crawler.model import Fetched, Kind, Seconds, Task, Trouble
from crawler.store import Files
from crawler.transport import Transport, tls_context
from crawler.urls import host_of

EXCERPT = 16_384
"""An error's body up to this size is read to its end, so that the connection can be used again."""
_PIECE = 65_536
_RAISED = (RequestException, HTTPError, HTTPException, OSError, ValueError)
"""What requests and the layers below it let out."""


class _LeanSession(Session):
    """A session that keeps no cookie, asks no environment, and reads no redirect's body."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        self.mount("http://", transport)
        self.mount("https://", transport)

    def get_redirect_target(self, resp: Response) -> None:
        """Return None: requests reads a redirect's whole body into memory before it follows."""


class Fetcher:
    """Fetches for all workers of a process; a session for every way of connecting.

    With `trust_listed` the hosts that the operator listed may be at any address, as befits a
    person at the keyboard; where a redirect leads elsewhere, the guard holds again.
    """

    def __init__(
        self, *, user_agent: str, files: Files, concurrency: int, trust_listed: bool = False
    ) -> None:
        self._user_agent = user_agent
        self._files = files
        self._concurrency = concurrency
        self._trust_listed = trust_listed
        self._resolver = Resolver(min(256, 2 * concurrency + 16))
        self._distrusted: OrderedDict[str, None] = OrderedDict()
        self._sessions: dict[object, Session] = {}

    def __enter__(self) -> Self:
        self._resolver.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions.values():
            session.close()
        self._resolver.__exit__()

    def open(self, job: Job) -> None:
        """Make what a job's visits need, so that a bad certificate file shows at the start.

        Raises:
            UsageError: `verify` or `client_cert` names no file of certificates.
        """
        try:
            self._session(job, trusted=False)
        except (ssl.SSLError, OSError) as error:
            files = ", ".join(str(file) for file in (job.verify, job.client_cert) if file)
            raise UsageError(f"{job.name}: {files}: no certificate in it: {error}") from error

    def fetch(self, task: Task, job: Job, *, part: str, deadline: Seconds) -> Fetched:
        """Fetch a task's location; `deadline` is a point on the monotonic clock.

        Raises:
            Trouble: the exchange failed, or its body is too big, torn or undecodable.
        """
        timer = gevent.Timeout(max(0.0, deadline - time.monotonic()))
        try:
            with timer:
                return self._exchange(task, job, part, deadline)
        except gevent.Timeout as error:
            if error is not timer:
                raise
            reason = f"not done within {job.timeout.total:g} s"
            raise Trouble(Kind.TIMEOUT, reason) from None

    def _exchange(self, task: Task, job: Job, part: str, deadline: Seconds) -> Fetched:
        try:
            response = self._send(task, job)
        except _RAISED as error:
            raise trouble_of(error, in_body=False) from error
        answered_at = time.monotonic()
        try:
            if 200 <= response.status_code < 300:
                return self._read(response, job, part, (answered_at, deadline))
            _drain(response)
            return Fetched(response.status_code, response.headers, answered_at)
        except _RAISED as error:
            raise trouble_of(error, in_body=True) from error
        finally:
            response.close()

    def _send(self, task: Task, job: Job) -> Response:
        trusted = self._trust_listed and host_of(task.location) == host_of(task.url)
        return self._session(job, trusted=trusted).send(
            _prepared(task.location, self._headers(job)),
            stream=True,
            timeout=(job.timeout.connect, job.timeout.read),
            allow_redirects=False,
            proxies={},
        )

    def _read(
        self, response: Response, job: Job, part: str, times: tuple[Seconds, Seconds]
    ) -> Fetched:
        answered_at, deadline = times
        headers = response.headers
        limits = Limits(job.max_size, deadline)
        limits.declared(headers.get("content-length"))
        decoder = decoder_for(headers.get("content-encoding", ""))
        with Intake(lambda: self._files.part(part), self._files.discard) as intake:
            limits.read(_pieces(response), decoder, intake.take)
            content, written, size, digest = intake.finish()
        framed = "content-length" in headers or response.raw.chunked or decoder is not None
        return Fetched(
            response.status_code, headers, answered_at, content, written, size, digest, not framed
        )

    def _session(self, job: Job, *, trusted: bool) -> Session:
        key = (job.verify, job.client_cert, job.min_tls, job.allow_addresses, trusted)
        if key not in self._sessions:
            allowed = None if trusted else [network(text) for text in job.allow_addresses]
            context = tls_context(job.verify, job.client_cert, job.min_tls)
            dial = Dialer(self._resolver, allowed)
            transport = Transport(dial, context, self._distrusted, 2 * self._concurrency)
            self._sessions[key] = _LeanSession(transport)
        return self._sessions[key]

    def _headers(self, job: Job) -> CaseInsensitiveDict[str]:
        return CaseInsensitiveDict(
            {
                "User-Agent": self._user_agent,
                "Accept": "*/*",
                "Accept-Encoding": ACCEPT,
                **job.headers,
            }
        )


def _prepared(url: str, headers: CaseInsensitiveDict[str]) -> PreparedRequest:
    """Prepare a request for a URL that is canonical already, so that it is sent as it is."""
    request = PreparedRequest()
    request.method = "GET"
    request.url = url
    request.headers = headers
    request.hooks = default_hooks()
    setattr(request, "_cookies", RequestsCookieJar())  # noqa: B010  Session.send reads it
    return request


def _pieces(response: Response) -> Iterator[bytes]:
    raw: Any = response.raw
    return iter(raw.stream(_PIECE, decode_content=False))


def _drain(response: Response) -> None:
    """Read a short body to its end; a longer one costs the connection, not the time."""
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length) <= EXCERPT:
        for _ in _pieces(response):
            pass
