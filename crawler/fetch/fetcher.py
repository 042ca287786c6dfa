"""The HTTP exchange: one request with plain `requests`, under one deadline: a value or a Trouble.

Redirects are not followed here (they are hops), nothing is retried here (that is a verdict), and
no exception of the system or of TLS leaves this module.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from http.cookiejar import CookieJar
from typing import NamedTuple, Self

import gevent

from crawler.config import Job
from crawler.fetch.failures import EXCHANGE_ERRORS, trouble_of
from crawler.fetch.reading import AnswerReader, Visit
from crawler.fetch.request import NO_COOKIES, RequestBuilder, cookies_of
from crawler.model import Fetched, Kept, Kind, Seconds, Task, Trouble
from crawler.store import Files, Measured
from crawler.transport.adapter import Answer
from crawler.transport.resolver import Resolver
from crawler.transport.sessions import LeanSession, Sessions
from crawler.transport.visit_timer import VisitTimer
from crawler.urls import host_of, split

LOOKUP_THREADS = 256
"""Names looked up at once: one that hangs keeps its thread long after its visit has ended."""


class Fetcher:
    """Fetches for all workers of a process; a session for each set of connection settings.

    With `trust_listed` the hosts that the operator listed may be at any address: the URLs were
    typed; where a redirect leads elsewhere, the guard holds again. `note` is called with every
    part that a later visit may go on from.
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
        self._reader = AnswerReader(files, note)
        self._resolver = Resolver(LOOKUP_THREADS)
        self._sessions = Sessions(self._resolver, concurrency)
        self._cookies: dict[str, CookieJar] = {}
        self._by_job: dict[str, _JobSession] = {}

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
        self._by_job.pop(job.name, None)
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
            had = self._reader.measure(task.kept)
            task = task if had else replace(task, kept=None)
        try:
            answer = self._send(task, job, had, timer)
        except EXCHANGE_ERRORS as error:
            raise trouble_of(error, in_body=False) from error
        answered_at = time.monotonic()
        try:
            visit = Visit(task, job, part, timer.deadline, answered_at)
            return self._reader.read(visit, answer, had)
        except EXCHANGE_ERRORS as error:
            raise trouble_of(error, in_body=True) from error
        finally:
            answer.close()

    def _send(self, task: Task, job: Job, had: Measured | None, timer: VisitTimer) -> Answer:
        ready = self._by_job.get(job.name)
        if ready is None or ready.job is not job:
            ready = self._by_job[job.name] = self._job_session(job)
        if task.stored and not had and not (task.path and self._files.exists(task.path)):
            task = replace(task, stored=None)  # the file is gone: fetch it again
        agent = self._user_agent(task.host)
        request = ready.builder.request(task, agent, had.size if had else 0)
        return self._session(task, ready).send(request, timeout=timer)

    def _session(self, task: Task, ready: "_JobSession") -> LeanSession:
        certified = ready.job.client_cert is None or ready.builder.may_see(task)
        trusted = self._trusts(task)
        if certified and not trusted:
            return ready.session
        return self._sessions.session(ready.job, trusted=trusted, certified=certified)

    def _trusts(self, task: Task) -> bool:
        """Tell whether the host of a visit may be anywhere, being one that the operator listed."""
        return self._trust_listed and task.listed and host_of(task.location) == host_of(task.url)

    def _job_session(self, job: Job) -> "_JobSession":
        cookies = self._cookies.get(job.name, NO_COOKIES)
        session = self._sessions.session(job, trusted=False, certified=True)
        return _JobSession(job, RequestBuilder(job, cookies), session)


class _JobSession(NamedTuple):
    """What all visits of a job share."""

    job: Job
    builder: RequestBuilder
    session: LeanSession
