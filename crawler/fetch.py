"""The HTTP exchange: one request with plain `requests`, under one deadline: a value or a Trouble.

Redirects are not followed here (they are hops), nothing is retried here (that is a verdict), and
no exception of requests or urllib3 leaves this module.
"""

import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPException
from importlib.util import find_spec
from typing import Any, Self

import gevent
from requests import Response, Session
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from crawler import robots
from crawler.addresses import network
from crawler.ask import NO_COOKIES, cookies_of, request_for
from crawler.body import Intake, Limits
from crawler.causes import trouble_of
from crawler.config import Job
from crawler.decode import decoder_for
from crawler.dial import Dialer, Resolver
from crawler.errors import UsageError
from crawler.model import Fetched, Kept, Kind, Seconds, Task, Trouble
from crawler.resume import check_range, keepable
from crawler.store import Files, Measured
from crawler.transport import Transport, tls_context
from crawler.urls import host_of, split

EXCERPT = 16_384
"""An error's body up to this size is read to its end, so that the connection can be used again."""
DRAIN: Seconds = 0.25
"""Longest time for that."""
LOOKUPS = 256
"""Names looked up at once: one that hangs keeps its thread long after nobody waits for it."""
_PIECE = 65_536
_RAISED = (RequestException, HTTPError, HTTPException, OSError, ValueError)
"""What requests and the layers below it let out."""


class _LeanSession(Session):
    """A session that keeps no cookie, asks no environment, and reads no redirect's body."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies = NO_COOKIES
        self.mount("http://", transport)
        self.mount("https://", transport)

    def get_redirect_target(self, resp: Response) -> None:
        """Return None: requests reads a redirect's whole body into memory before it follows."""


class Fetcher:
    """Fetches for all workers of a process; a session for every way of connecting.

    With `trust_listed` the hosts that the operator listed may be at any address, as befits a
    person at the keyboard; where a redirect leads elsewhere, the guard holds again. `note` is told
    of every part that a later visit may go on from.
    """

    def __init__(
        self,
        *,
        user_agent: Callable[[str], str],
        files: Files,
        concurrency: int,
        trust_listed: bool = False,
        note: Callable[[int, Kept], None] = lambda _, __: None,
    ) -> None:
        self._user_agent = user_agent
        self._files = files
        self._concurrency = concurrency
        self._trust_listed = trust_listed
        self._note = note
        self._resolver = Resolver(LOOKUPS)
        self._distrusted: OrderedDict[str, None] = OrderedDict()
        self._sessions: dict[object, Session] = {}
        self._cookies: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._resolver.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions.values():
            session.close()
        self._resolver.__exit__()

    def hang_up(self) -> None:
        """Close every idle connection."""
        for session in self._sessions.values():
            session.close()

    def open(self, job: Job) -> None:
        """Make what a job's visits need, so that a bad file shows at the start.

        Raises:
            UsageError: `verify`, `client_cert` or `cookies` names no such file.
        """
        self._cookies[job.name] = cookies_of(job)
        if (job.proxy or "").startswith("socks") and not find_spec("socks"):
            raise UsageError(f"{job.name}: a SOCKS proxy needs: pip install 'crawlerd[socks]'")
        try:
            self._session(job, trusted=False)
        except (ssl.SSLError, OSError) as error:
            files = ", ".join(str(file) for file in (job.verify, job.client_cert) if file)
            raise UsageError(f"{job.name}: {files}: no certificate in it: {error}") from error

    def address(self, task: Task, job: Job) -> str | None:
        """Return the address that stands for a host; None through a proxy, or if there is none."""
        if job.proxy:
            return None
        try:
            places = self._resolver.lookup(
                split(task.location).hostname.strip("[]"), job.timeout.connect
            )
        except Trouble:  # its visit will say so
            return None
        return min(places)[1]

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
        had = self._measure(task)
        task = task if had else replace(task, kept=None)
        try:
            response = self._send(task, job, had)
        except _RAISED as error:
            raise trouble_of(error, in_body=False) from error
        answered_at = time.monotonic()
        try:
            return self._answered(response, task, job, part, had, (answered_at, deadline))
        except _RAISED as error:
            raise trouble_of(error, in_body=True) from error
        finally:
            response.close()

    def _measure(self, task: Task) -> Measured | None:
        """Look at what an earlier visit left; what cannot be continued is removed."""
        if task.kept is None:
            return None
        had = self._files.measure(task.kept.part)
        if had and 0 < had.size < task.kept.total and task.kept.validators.strong():
            return had
        self._files.discard([task.kept.part])
        return None

    def _send(self, task: Task, job: Job, had: Measured | None) -> Response:
        cookies = self._cookies.get(job.name, NO_COOKIES)
        request = request_for(task, job, self._user_agent(task.host), cookies)
        if had:
            request.headers["Range"] = f"bytes={had.size}-"
        elif task.stored and not (task.path and self._files.exists(task.path)):
            for name in ("If-None-Match", "If-Modified-Since"):  # the file is gone: fetch it again
                request.headers.pop(name, None)
        trusted = self._trust_listed and host_of(task.location) == host_of(task.url)
        return self._session(job, trusted=trusted).send(
            request,
            stream=True,
            timeout=(job.timeout.connect, job.timeout.read),
            allow_redirects=False,
            proxies={"http": job.proxy, "https": job.proxy} if job.proxy else {},
        )

    def _answered(
        self,
        response: Response,
        task: Task,
        job: Job,
        part: str,
        had: Measured | None,
        times: tuple[Seconds, Seconds],
    ) -> Fetched:
        status, headers = response.status_code, response.headers
        if status == 206 or (had and status == 416):
            self._check_206(task.kept if had else None, had, response)
        elif not 200 <= status < 300:
            _drain(response, (times[1] - time.monotonic()) / 2)
            return Fetched(status, headers, times[0])
        else:
            had = None  # the whole file comes, for it has changed: start over
        if task.robots:
            limits = Limits(robots.LIMIT, times[1], job.min_speed, cut=True)
        else:
            limits = Limits(job.max_size, times[1], job.min_speed, had.size if had else 0)
            limits.declared(headers.get("content-length"))
        decoder = decoder_for(headers.get("content-encoding", ""))
        plain = job.method == "GET" and not task.robots
        fresh = keepable(part, status, headers) if plain else None
        kept = task.kept if had else fresh
        intake = Intake(self._files, part, kept, lambda: kept and self._note(task.id, kept), had)
        with intake:
            limits.read(_pieces(response), decoder, intake.take)
            content, written, size, digest = intake.finish()
        framed = "content-length" in headers or response.raw.chunked or decoder is not None
        return Fetched(
            status,
            headers,
            times[0],
            content,
            written,
            size,
            digest,
            not framed,
            tuple(response.raw.headers.getlist("x-robots-tag")),
            intake.head if "html" in headers.get("content-type", "").lower() else b"",
        )

    def _check_206(self, kept: Kept | None, had: Measured | None, response: Response) -> None:
        """See that a partial answer is the rest of what is there; on any doubt start over."""
        if kept is None or had is None:
            raise Trouble(Kind.PROTOCOL, "a part came where the whole was asked for")
        try:
            check_range(kept, had.size, response.headers)
        except Trouble:
            self._files.discard([kept.part])
            raise

    def _session(self, job: Job, *, trusted: bool) -> Session:
        key = (job.verify, job.client_cert, job.min_tls, job.allow_addresses, trusted)
        if key not in self._sessions:
            allowed = None if trusted else [network(text) for text in job.allow_addresses]
            context = tls_context(job.verify, job.client_cert, job.min_tls)
            dial = Dialer(self._resolver, allowed)
            free = Dialer(self._resolver, None)
            transport = Transport(dial, free, context, self._distrusted, 2 * self._concurrency)
            self._sessions[key] = _LeanSession(transport)
        return self._sessions[key]


def _pieces(response: Response) -> Iterator[bytes]:
    """Yield the body as it arrives, however little, so that deadlines are looked at in time."""
    raw: Any = response.raw
    while piece := raw.read1(_PIECE, decode_content=False):
        yield piece


def _drain(response: Response, left: Seconds) -> None:
    """Read a short body to its end; one that is long, late or broken costs only the connection."""
    raw: Any = response.raw
    if not raw.chunked and (raw.length_remaining is None or raw.length_remaining > EXCERPT):
        return
    with suppress(Trouble, *_RAISED), _at_most(max(0.0, min(DRAIN, left))):
        taken = 0
        for piece in _pieces(response):
            taken += len(piece)
            if taken > EXCERPT:
                return


def _at_most(seconds: Seconds) -> gevent.Timeout:
    """Return a context that ends silently when its time is over."""
    return gevent.Timeout(seconds, False)  # type: ignore[arg-type]  # noqa: FBT003
