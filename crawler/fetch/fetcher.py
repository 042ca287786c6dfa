"""The HTTP exchange: the request of a visit, under one deadline: a value or a Trouble.

The types are those of `requests`, what goes over the wire is the matter of `crawler.transport`.
Redirects are not followed here (they are hops), nothing is retried here (that is a verdict), and
no exception of the system or of TLS leaves this module.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Self

import gevent

from crawler.config import Job
from crawler.fetch.checking import fits, is_listed
from crawler.fetch.cookies import cookies_of
from crawler.fetch.failures import EXCHANGE_ERRORS, trouble_of
from crawler.fetch.jars import Jars
from crawler.fetch.job_session import JobSession
from crawler.fetch.proxying import Proxying
from crawler.fetch.rates import HostRates, Rates
from crawler.fetch.reading import AnswerReader, Visit
from crawler.fetch.request import UNAUTHORIZED, RequestBuilder
from crawler.model import Fetched, Kept, Kind, Seconds, Task, Trouble
from crawler.policy.redirects import REDIRECT_STATUS
from crawler.store import Files, Measured
from crawler.transport.adapter import Answer
from crawler.transport.memory import WINDOWS_BYTES, Memory
from crawler.transport.resolver import Resolver
from crawler.transport.sessions import Sessions
from crawler.transport.visit_timer import VisitTimer
from crawler.transport.ways import Ways
from crawler.urls import host_of, split

Part = Callable[[], str]
"""Returns the name of the part of a body that is too long for memory."""
_VERSIONS_KEPT = 4
"""Versions of a job whose visits may begin."""
MAX_ODD_TOLD = 10
"""Lines of a cookies.txt that are told as odd."""
_TURN_S: Seconds = 0.02
"""Longest stretch of preparing without a pause for the other greenlets."""


class Fetcher:
    """Fetches for all workers of a process; a session for each set of connection settings.

    With `trust_listed` the hosts that the operator listed may be at any address: the URLs were
    typed; where a redirect leads elsewhere, the guard holds again. `note` is called with every
    part that a later visit may go on from. `memory` is what its answers share, with others if it is
    given. `odd` is called with the job, the place and the problem of every line that is passed over
    in a cookies.txt; cookies expire by the clock `now`. `proxying` chooses the proxies.
    """

    def __init__(
        self,
        *,
        user_agent: Callable[[str], str],
        files: Files,
        concurrency: int,
        trust_listed: bool = False,
        note: Callable[[int, Kept], None] = lambda _, __: None,
        memory: Memory | None = None,
        windows: Memory | None = None,
        odd: Callable[[str, str, str], None] = lambda _, __, ___: None,
        now: Callable[[], Seconds] = time.time,
        proxying: Proxying | None = None,
    ) -> None:
        memory = memory or Memory()
        self._user_agent = user_agent
        self._files = files
        self._trust_listed = trust_listed
        self._reader = AnswerReader(files, note, memory, windows or Memory(WINDOWS_BYTES))
        self.measured = self._reader.measured
        self._odd = odd
        self._now = now
        self._proxying = proxying or Proxying()
        self.jars = Jars()
        """The cookies that jobs keep; set before jobs are opened."""
        self._resolver = Resolver()
        self._sessions = Sessions(self._resolver, concurrency, memory)
        self._by_job: dict[str, Sequence[JobSession]] = {}
        """The newest first; a visit that has begun keeps its own."""

    def __enter__(self) -> Self:
        self._resolver.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._sessions.hang_up()
        self._resolver.__exit__()

    def arrived(self, task: int) -> int:
        """Return the bytes of a task's body that are there by now."""
        intake = self._reader.intakes.get(task)
        return intake.size if intake else 0

    @property
    def arriving(self) -> int:
        """Return the bytes that are there by now of all bodies under way."""
        return sum(intake.size for intake in self._reader.intakes.values())

    @property
    def declared(self) -> int:
        """Return the bytes that bodies under way are still to bring to the disk, as declared."""
        return self._reader.declared.bytes

    @property
    def written(self) -> int:
        """Return the bytes of bodies that went to the disk since the start."""
        return self._reader.declared.written

    def find_room(self, left: Callable[[], int | None]) -> None:
        """Refuse bodies for which there is no room; `left` returns the bytes that there are."""
        self._reader.declared.left = left

    def bound_rate(self, limit: Callable[[], int | None], hosts: HostRates | None = None) -> None:
        """Have bodies keep to rates: `limit` returns that of all of them, `hosts` has its own."""
        self._reader.rates = Rates(limit, hosts)

    def hang_up(self) -> None:
        """Close every idle connection."""
        self._sessions.hang_up()

    def resize(self, concurrency: int) -> None:
        """Keep idle connections for so many visits at once."""
        self._sessions.resize(concurrency)

    def open(self, job: Job) -> None:
        """Make what a job's visits need, so that a bad file shows at the start.

        Raises:
            UsageError: `verify`, `client_cert` or `cookies` names no such file.
        """
        self.commit(self.prepare([job]))

    def prepare(self, jobs: Iterable[Job]) -> list[JobSession]:
        """Make what visits of jobs need, of their files as they are now; nothing changes yet.

        Raises:
            UsageError: `verify`, `client_cert` or `cookies` names no such file.
        """
        prepared, pause_at = [], time.monotonic() + _TURN_S
        for job in jobs:
            prepared.append(self._job_session(job))
            if time.monotonic() >= pause_at:
                gevent.sleep(0.001)
                pause_at = time.monotonic() + _TURN_S
        return prepared

    def commit(self, prepared: Iterable[JobSession]) -> None:
        """Put what was prepared in force; this cannot fail, and never waits."""
        for one in prepared:
            known = self._by_job.get(one.job.name, ())
            self._by_job[one.job.name] = (one, *known)[:_VERSIONS_KEPT]
            for place, problem in one.odd_cookies[:MAX_ODD_TOLD]:
                self._odd(one.job.name, place, problem)

    def address(self, task: Task, job: Job, known: Mapping[str, str]) -> str | None:
        """Return the address that stands for a host; None through a proxy, or if there is none.

        `known` are addresses by name that some job says: what a host is owed does not depend on
        which job asks.
        """
        if self._proxying.of(job, task.location):
            return None
        try:
            name = split(task.location).hostname.strip("[]")
            addresses = Ways(known=known).addresses(self._resolver, name, job.timeout.connect)
        except Trouble:  # its visit will say so
            return None
        return min(addresses)[1]

    def fetch(
        self, task: Task, job: Job, *, part: Part, deadline: Seconds, had: Measured | None = None
    ) -> Fetched:
        """Fetch a task's location; `deadline` is a point on the monotonic clock.

        `part` names the part of a body that is too long for memory, `had` is what was `measured`.

        Raises:
            Trouble: the exchange failed, or its body is too big, torn or undecodable.
        """
        timer, ready = VisitTimer(deadline, job.timeout), self._opened(job)
        try:
            with timer:
                return self._exchange(task, ready, part, had, timer)
        except Trouble as trouble:
            trouble.reason = ready.builder.without_echo(trouble.reason, task)
            raise
        except gevent.Timeout as error:
            if error is not timer.rung:
                raise
            reason = f"not done within {job.timeout.total:g} s"
            raise Trouble(Kind.TIMEOUT, reason) from None

    def _exchange(
        self, task: Task, ready: JobSession, part: Part, had: Measured | None, timer: VisitTimer
    ) -> Fetched:
        job = ready.job
        try:
            answer = self._send(task, ready, had, timer)
            refused = answer.status_code == UNAUTHORIZED
            if refused and ready.builder.logs_in(task, answer, timer.deadline):
                answer = self._send(task, ready, had, timer)
        except EXCHANGE_ERRORS as error:
            raise trouble_of(error, in_body=False) from error
        answered_at = time.monotonic()
        try:
            jar = None
            if answer.status_code in REDIRECT_STATUS or job.cookies:
                jar = self.jars.heard(task, job, answer.head.headers, self._now())
            visit = Visit(task, job, part, timer.deadline, answered_at, jar)
            return self._reader.read(visit, answer, had)
        except EXCHANGE_ERRORS as error:
            raise trouble_of(error, in_body=True) from error
        finally:
            answer.close()

    def _send(
        self, task: Task, ready: JobSession, had: Measured | None, timer: VisitTimer
    ) -> Answer:
        job = ready.job
        if task.stored and not had and not self._stands(task):
            task = replace(task, stored=None)
        agent = self._user_agent(task.host)
        request = ready.builder.request(task, agent, had.size if had else 0)
        certified = job.client_cert is not None and ready.builder.may_see(task)
        proxy, trusts = self._proxying.of(job, task.location), self._trusts(task)
        if proxy is None or isinstance(proxy, str):
            return ready.sessions[proxy, trusts, certified].send(request, timeout=timer)
        return self._proxying.by_one_of(
            proxy,
            task.host,
            lambda one: ready.sessions[one, trusts, certified].send(request, timeout=timer),
        )

    def _stands(self, task: Task) -> bool:
        """Tell whether a stored file is there, and is the one that its list means by now."""
        is_meant = not task.checks or fits(task.checks, task.digest)
        return is_meant and bool(task.path and self._files.exists(task.path))

    def _trusts(self, task: Task) -> bool:
        """Tell whether the host of a visit may be anywhere, being one that the operator listed."""
        return self._trust_listed and task.listed and is_listed(host_of(task.location), task)

    def _opened(self, job: Job) -> JobSession:
        for one in self._by_job.get(job.name, ()):
            if one.job is job:
                return one
        found = self._job_session(job)
        self.commit([found])
        return found

    def _job_session(self, job: Job) -> JobSession:
        cookies, proxies = cookies_of(job), self._proxying.every(job)
        sessions = self._sessions.every(job, proxies, trusts=self._trust_listed)
        builder = RequestBuilder(job, cookies, self._now, self.jars)
        return JobSession(job, builder, sessions, cookies.odd)
