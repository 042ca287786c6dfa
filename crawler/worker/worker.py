"""A worker visits one task after another; every visit makes exactly one Outcome."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from gevent.queue import Queue, ShutDown

from crawler.config import Job
from crawler.errors import LeaseLostError, LocalFaultError
from crawler.log import Log
from crawler.model import Fetched, Kind, Outcome, Seconds, Task, Trouble, Visited
from crawler.policy import page_robots as directives
from crawler.policy.resume import validators_of
from crawler.policy.retry import (
    MAX_REDIRECTS,
    RETRY_AFTER_STATUS,
    parse_http_date,
    parse_retry_after,
)
from crawler.store import part_of, wanted_path
from crawler.urls import canonical

SURPLUS = "left"
"""What a worker ends with that was one too many."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REPEATING = frozenset({307, 308})
_NOT_MODIFIED = 304
_MAX_REASON = 500
"""Characters of a reason: some of it may be the server's own words."""
_NOT_FOUND = frozenset({404, 410})


V = TypeVar("V")
P = ParamSpec("P")


class Fetch(Protocol):
    """The exchange of one visit: `fetch.Fetcher.fetch`."""

    def __call__(
        self, task: Task, job: Job, *, part: Callable[[], str], deadline: Seconds
    ) -> Fetched: ...


class Worker:
    """One greenlet of the pool.

    `begin` returns how a visit ends before it begins, or whether it may be made now: a visit whose
    address bears no more has gone back to the feeder.
    """

    def __init__(
        self,
        handoff: "Queue[Task]",
        visit: Callable[[Task, Seconds], Visited],
        begin: Callable[[Task], Visited | bool],
        deliver: Callable[[Visited], None],
        timeout: Callable[[Task], Seconds],
        leave: Callable[[], bool] = lambda: False,
    ) -> None:
        self._leave = leave
        self._handoff = handoff
        self._visit = visit
        self._begin = begin
        self._deliver = deliver
        self._timeout = timeout
        self.task: Task | None = None
        """What it is visiting; whoever finds it dead settles this task in its place."""
        self.deadline: Seconds = 0.0

    def run(self) -> str | None:
        """Visit until the hand-off shuts. In a greenlet a SystemExit would end the process."""
        try:
            return self._work()
        except SystemExit as error:
            raise RuntimeError(f"something called sys.exit({error.code!r})") from error

    def _work(self) -> str | None:
        while not self._leave():
            try:
                task = self._handoff.get()
            except ShutDown:
                return None
            self.deadline = time.monotonic() + self._timeout(task)
            self.task = task
            visited = self._begin(task)
            if visited is True:
                visited = self._visit(task, self.deadline)
            if self.task is not task:
                return None  # given up as stuck; another has its place
            self.task = None
            if visited is not False:
                self._deliver(visited)
        return SURPLUS


class Visits:
    """What a visit is: ask the rules, fetch, and say in one word how it ended."""

    def __init__(
        self,
        jobs: Mapping[str, Job],
        fetch: Fetch,
        owner: int,
        log: Log,
        *,
        token: str = "",
        objection: Callable[[Task], Outcome | None] = lambda _: None,
        begun: Callable[[Task], bool] = lambda _: True,
    ) -> None:
        self._jobs = jobs
        self._fetch = fetch
        self._owner = owner
        self._log = log
        self._token = token
        self._objection = objection
        self._begun = begun

    def timeout(self, task: Task) -> Seconds:
        """Return how long a visit of this task may take."""
        return self._jobs[task.job].timeout.total

    def begin(self, task: Task) -> Visited | bool:
        """Return how a visit ends before it begins, or whether its host and address allow it."""
        return self._guarded(self._begin, task)

    def visit(self, task: Task, deadline: Seconds) -> Visited:
        """Visit a task. Trouble is an outcome; so is a bug, which is also logged with its trace."""
        return self._guarded(self._visit, task, deadline)

    def _begin(self, task: Task) -> Visited | bool:
        objection = self._objection(task)
        if objection is not None:
            return Visited(task, objection, time.monotonic())
        return self._begun(task)

    def _visit(self, task: Task, deadline: Seconds) -> Visited:
        job = self._jobs[task.job]
        if not task.robots:
            wanted_path(task, job)  # one that cannot be made spoils this visit, not a whole batch
        start = time.monotonic()
        fetched = self._fetch(task, job, part=partial(self._part, task, job), deadline=deadline)
        elapsed = round(time.monotonic() - start, 4)
        outcome = outcome_of(task, fetched, time.time(), job.method, self._token, elapsed=elapsed)
        return Visited(
            task,
            outcome,
            fetched.answered_at,
            fetched.body,
            fetched.part,
            fetched.headers.get("cache-control", "") if task.robots else "",
        )

    def _part(self, task: Task, job: Job) -> str:
        if task.robots:
            return ""  # it stays in memory, and a path may have no answer for its URL
        return task.kept.part if task.kept else part_of(task, job, self._owner)

    def _guarded(
        self, step: Callable[Concatenate[Task, P], V], task: Task, *args: P.args, **kwargs: P.kwargs
    ) -> V | Visited:
        start = time.monotonic()
        try:
            return step(task, *args, **kwargs)
        except Trouble as trouble:
            return self._ended(
                task, Outcome(trouble.kind, reason=trouble.reason, ours=trouble.ours), start
            )
        except LocalFaultError as error:
            return self._ended(task, Outcome(Kind.LOCAL_IO, reason=str(error), ours=True), start)
        except LeaseLostError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  a bug is an outcome too
            self._log.error("visit.bug", url=task.url, exc_info=True)
            return self._ended(task, bug(error), start)

    def _ended(self, task: Task, outcome: Outcome, start: Seconds) -> Visited:
        return Visited(task, _timed(outcome, start), time.monotonic())


def bug(error: BaseException) -> Outcome:
    """Return the outcome of a visit that our own code spoilt."""
    return Outcome(Kind.BUG, reason=f"{type(error).__name__}: {error}".rstrip(": "))


def outcome_of(
    task: Task,
    fetched: Fetched,
    now: Seconds,
    method: str = "GET",
    token: str = "",
    *,
    elapsed: Seconds = 0.0,
) -> Outcome:
    """Read an answer; `now` is wall time."""
    status, headers = fetched.status, fetched.headers
    retry_after = parse_retry_after(headers.get("retry-after"), now)
    if 200 <= status < 300:
        return Outcome(
            Kind.STORED,
            status,
            fetched.size,
            fetched.digest,
            elapsed=elapsed,
            last_modified=parse_http_date(headers.get("last-modified")),
            unverified=fetched.unverified,
            validators=validators_of(headers),
            directives=_directives(fetched, token),
        )
    if status == _NOT_MODIFIED and task.stored:
        return Outcome(Kind.UNCHANGED, status, path=task.path, elapsed=elapsed)
    if status in _REPEATING and method != "GET":
        reason = "a redirect that would repeat the POST"
        return Outcome(Kind.HTTP_ERROR, status, reason=reason, elapsed=elapsed)
    if status in _REDIRECTS and "location" in headers:
        hop = _redirected(task, status, headers["location"])
        return replace(
            hop, retry_after=retry_after, reason=hop.reason[:_MAX_REASON], elapsed=elapsed
        )
    kind = Kind.NOT_FOUND if status in _NOT_FOUND else Kind.HTTP_ERROR
    waits = retry_after if status in RETRY_AFTER_STATUS else None
    reason = f"HTTP status {status}"
    return Outcome(kind, status, reason=reason, retry_after=waits, elapsed=elapsed)


def _directives(fetched: Fetched, token: str) -> str:
    """Return what a page says to robots about itself."""
    words = directives.of_headers(fetched.robots_tags, token)
    if fetched.head:
        words |= directives.of_page(fetched.head, token)
    return directives.joined(words) if words else ""


def _redirected(task: Task, status: int, header: str) -> Outcome:
    if task.hops >= MAX_REDIRECTS:
        reason = f"more than {MAX_REDIRECTS} redirects"
        return Outcome(Kind.REDIRECT_LIMIT, status, reason=reason)
    try:
        location = canonical(header.encode("latin-1").decode(), base=task.location)
    except (UnicodeError, ValueError) as error:
        return Outcome(Kind.PROTOCOL, status, reason=f"bad Location: {error}")
    return Outcome(Kind.REDIRECTED, status, reason=f"to {location}", location=location)


def _timed(outcome: Outcome, start: Seconds) -> Outcome:
    elapsed = round(time.monotonic() - start, 4)
    return replace(outcome, elapsed=elapsed, reason=outcome.reason[:_MAX_REASON])
