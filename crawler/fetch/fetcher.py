"""The HTTP exchange: one request with plain `requests`, under one deadline: a value or a Trouble.

Redirects are not followed here (they are hops), nothing is retried here (that is a verdict), and
no exception of requests or urllib3 leaves this module.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from http.cookiejar import CookieJar
from typing import NamedTuple, Self

import gevent
from requests import Response

from crawler.config import Job
from crawler.fetch.body import Intake, Limits
from crawler.fetch.decode import decoder_for
from crawler.fetch.failures import EXCHANGE_ERRORS, trouble_of
from crawler.fetch.reading import drain, pieces
from crawler.fetch.request import NO_COOKIES, RequestBuilder, cookies_of
from crawler.model import Fetched, Kept, Kind, Seconds, Task, Trouble
from crawler.policy import robots
from crawler.policy.resume import check_range, keepable
from crawler.store import Files, Measured
from crawler.transport.resolver import Resolver
from crawler.transport.sessions import LeanSession, Sessions, options_of
from crawler.transport.visit_timer import VisitTimer
from crawler.urls import host_of, split

LOOKUP_THREADS = 256
"""Names looked up at once: one that hangs keeps its thread long after nobody waits for it."""


class Fetcher:
    """Fetches for all workers of a process; a session for each set of connection settings.

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
        self._resolver = Resolver(LOOKUP_THREADS)
        self._sessions = Sessions(self._resolver, concurrency)
        self._cookies: dict[str, CookieJar] = {}
        self._routes: dict[str, _Route] = {}

    def __enter__(self) -> Self:
        self._resolver.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._sessions.hang_up()
        self._resolver.__exit__()

    def hang_up(self) -> None:
        """Close every idle connection."""
        self._sessions.hang_up()

    def open(self, job: Job) -> None:
        """Make what a job's visits need, so that a bad file shows at the start.

        Raises:
            UsageError: `verify`, `client_cert` or `cookies` names no such file.
        """
        self._cookies[job.name] = cookies_of(job)
        self._routes.pop(job.name, None)
        self._sessions.check(job)

    def address(self, task: Task, job: Job) -> str | None:
        """Return the address that stands for a host; None through a proxy, or if there is none."""
        if job.proxy:
            return None
        try:
            addresses = self._resolver.lookup(
                split(task.location).hostname.strip("[]"), job.timeout.connect
            )
        except Trouble:  # its visit will say so
            return None
        return min(addresses)[1]

    def fetch(self, task: Task, job: Job, *, part: Callable[[], str], deadline: Seconds) -> Fetched:
        """Fetch a task's location; `deadline` is a point on the monotonic clock.

        `part` names the part of a body that is too long for memory.

        Raises:
            Trouble: the exchange failed, or its body is too big, torn or undecodable.
        """
        timer = VisitTimer(deadline, job.timeout)
        try:
            with timer:
                return self._exchange(task, job, part, timer)
        except gevent.Timeout as error:
            if error is not timer.rung:
                raise
            reason = f"not done within {job.timeout.total:g} s"
            raise Trouble(Kind.TIMEOUT, reason) from None

    def _exchange(
        self, task: Task, job: Job, part: Callable[[], str], timer: VisitTimer
    ) -> Fetched:
        had = None
        if task.kept is not None:
            had = self._measure(task.kept)
            task = task if had else replace(task, kept=None)
        try:
            response = self._send(task, job, had, timer)
        except EXCHANGE_ERRORS as error:
            raise trouble_of(error, in_body=False) from error
        answered_at = time.monotonic()
        try:
            return self._answered(response, task, job, part, had, (answered_at, timer.deadline))
        except EXCHANGE_ERRORS as error:
            raise trouble_of(error, in_body=True) from error
        finally:
            response.close()

    def _measure(self, kept: Kept) -> Measured | None:
        """Look at what an earlier visit left; what cannot be continued is removed."""
        had = self._files.measure(kept.part)
        if had and 0 < had.size < kept.total and kept.validators.strong():
            return had
        self._files.discard([kept.part])
        return None

    def _send(self, task: Task, job: Job, had: Measured | None, timer: VisitTimer) -> Response:
        route = self._routes.get(job.name)
        if route is None or route.job is not job:
            route = self._routes[job.name] = self._route(job)
        if task.stored and not had and not (task.path and self._files.exists(task.path)):
            task = replace(task, stored=None)  # the file is gone: fetch it again
        agent = self._user_agent(task.host)
        request = route.builder.request(task, agent, had.size if had else 0)
        trusted = self._trust_listed and host_of(task.location) == host_of(task.url)
        session = self._sessions.session(job, trusted=True) if trusted else route.session
        return session.send(request, **options_of(job, timer))

    def _route(self, job: Job) -> "_Route":
        cookies = self._cookies.get(job.name, NO_COOKIES)
        return _Route(job, RequestBuilder(job, cookies), self._sessions.session(job, trusted=False))

    def _answered(
        self,
        response: Response,
        task: Task,
        job: Job,
        part: Callable[[], str],
        had: Measured | None,
        times: tuple[Seconds, Seconds],
    ) -> Fetched:
        status, headers = response.status_code, response.headers
        if status == 206 or (had and status == 416):
            self._check_206(task.kept if had else None, had, response)
        elif not 200 <= status < 300:
            drain(response, (times[1] - time.monotonic()) / 2)
            return Fetched(status, headers, times[0])
        else:
            had = None  # the whole file comes, for it has changed: start over
        if task.robots:
            limits = Limits(robots.MAX_BYTES, times[1], job.min_speed, cut=True)
        else:
            limits = Limits(job.max_size, times[1], job.min_speed, had.size if had else 0)
            limits.declared(headers.get("content-length"))
        decoder = decoder_for(headers.get("content-encoding", ""))
        page = "html" in headers.get("content-type", "").lower()
        begun = lambda name: self._begun(task, job, name, response)  # noqa: E731
        intake = Intake(self._files, part, task.kept if had else None, begun, had, page=page)
        with intake:
            limits.read(pieces(response), decoder, intake.take)
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
            intake.head,
        )

    def _begun(self, task: Task, job: Job, part: str, response: Response) -> Kept | None:
        """Note what may be continued of a body that has become too long for memory."""
        if job.method != "GET" or task.robots:
            return None
        kept = keepable(part, response.status_code, response.headers)
        if kept:
            self._note(task.id, kept)
        return kept

    def _check_206(self, kept: Kept | None, had: Measured | None, response: Response) -> None:
        """See that a partial answer is the rest of what is there; on any doubt start over."""
        if kept is None or had is None:
            raise Trouble(Kind.PROTOCOL, "a part came where the whole was asked for")
        try:
            check_range(kept, had.size, response.headers)
        except Trouble:
            self._files.discard([kept.part])
            raise


class _Route(NamedTuple):
    """What all visits of a job share."""

    job: Job
    builder: RequestBuilder
    session: LeanSession
