"""A visit: ask the rules, fetch, and say in one word how it ended; every error has an outcome."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

from crawler.config import Job
from crawler.config.answer_options import acceptance_of, ban_rules_of
from crawler.errors import LeaseLostError, LocalFaultError
from crawler.log import Log
from crawler.model import Fetched, Kind, Outcome, Seconds, Task, Trouble, Visited
from crawler.policy import naming
from crawler.policy.answer_names import answer_of
from crawler.policy.outcome import MAX_REASON, bug, outcome_of
from crawler.store import Measured, named_path, part_name, wanted_path


class Fetch(Protocol):
    """The exchange of one visit: `VisitContext.fetch`."""

    def __call__(
        self,
        task: Task,
        job: Job,
        *,
        part: Callable[[], str],
        deadline: Seconds,
        had: Measured | None,
    ) -> Fetched: ...


class Visits:
    """Makes the visits of a process, whose number is `owner`.

    `objection` returns how a visit ends that the rules forbid, `begun` whether host and address
    allow it now, `fresh` a task as the ledger has it where ours is older, with what is there of its
    body, `token` is our product token in robots directives, `now` the frontier's clock.
    """

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
        fresh: Callable[[Task], tuple[Task, Measured | None]] = lambda task: (task, None),
        now: Callable[[], Seconds] = time.time,
    ) -> None:
        self._jobs = jobs
        self._fetch = fetch
        self._owner = owner
        self._log = log
        self.token = token
        self._objection = objection
        self._begun = begun
        self._fresh = fresh
        self._now = now

    def timeout(self, task: Task) -> Seconds:
        """Return how many seconds a visit of this task may take."""
        return self._jobs[task.job].timeout.total

    def visit(self, task: Task, deadline: Seconds) -> Visited | None:
        """Visit a task; None where host or address bear no visit now: the feeder has it again.

        Trouble is an outcome; so is a bug, which is also logged with its trace. Whatever the end,
        it has the task as it was asked for, and the file that its part was named by.

        Raises:
            LeaseLostError: another process took this one for dead.
        """
        wanted, start = "", time.monotonic()
        try:
            if (objection := self._objection(task)) is not None:
                return Visited(task, objection, time.monotonic())
            task, had = self._fresh(task)  # may take long, and nothing may between pace and wire
            if not self._begun(task):
                return None
            wanted = "" if task.robots else _wanted(task, self._jobs[task.job])
            start = time.monotonic()
            return self._made(task, wanted, start, deadline, had)
        except LeaseLostError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  a bug is an outcome too
            return replace(self._failed(task, error, start), wanted=wanted)

    def _failed(self, task: Task, error: Exception | SystemExit, start: Seconds) -> Visited:
        """Return how a visit ends that began at `start` and met this."""
        if isinstance(error, Trouble):
            ended = _ended(task, told_by(error), start)
            return replace(ended, spared=True) if error.spared else ended
        if isinstance(error, LocalFaultError):
            return _ended(task, Outcome(Kind.LOCAL_IO, reason=str(error), ours=True), start)
        self._log.error("visit.bug", url=task.url, exc_info=error)
        return _ended(task, bug(error), start)

    def _made(
        self, task: Task, wanted: str, start: Seconds, deadline: Seconds, had: Measured | None
    ) -> Visited:
        job = self._jobs[task.job]
        part = partial(self._part, task, wanted)
        fetched = self._fetch(task, job, part=part, deadline=deadline, had=had)
        elapsed = round(time.monotonic() - start, 4)
        accept = None if job.accept is None or task.robots else acceptance_of(job.accept)
        outcome = outcome_of(
            task,
            fetched,
            self._now(),
            job.method,
            self.token,
            elapsed=elapsed,
            path=wanted or None,
            max_redirects=job.max_redirects,
            accept=accept,
            ban=None if job.ban is None or task.robots else ban_rules_of(job.ban),
        )
        named = ""
        if naming.is_from_answer(job.path, job.ext):
            named = self._named(task, job, fetched, outcome)
        return Visited(
            task,
            outcome,
            fetched.answered_at,
            None if outcome.kind is Kind.EMPTY else fetched.body,
            fetched.part,
            fetched.headers.get("cache-control", "") if task.robots else "",
            wanted=wanted,
            named=named,
        )

    def _named(self, task: Task, job: Job, fetched: Fetched, outcome: Outcome) -> str:
        """Return the file that an answer names, if it is the first one to be stored."""
        if task.path or task.robots or outcome.kind is not Kind.STORED:
            return ""
        return named_path(task, job, answer_of(fetched.headers, outcome, self._now()))

    def _part(self, task: Task, wanted: str) -> str:
        if task.robots:
            return ""  # it stays in memory, and a path may have no answer for its URL
        return task.kept.part if task.kept else part_name(wanted, task.fingerprint, self._owner)


def told_by(trouble: Trouble) -> Outcome:
    """Return the outcome of a visit that met trouble."""
    return Outcome(
        trouble.kind,
        trouble.status,
        reason=trouble.reason,
        ours=trouble.ours,
        final=trouble.final,
        wait=trouble.wait,
        refused=trouble.refused,
    )


def _ended(task: Task, outcome: Outcome, start: Seconds) -> Visited:
    now = time.monotonic()
    elapsed, reason = round(now - start, 4), outcome.reason[:MAX_REASON]
    return Visited(task, replace(outcome, elapsed=elapsed, reason=reason), now)


def _wanted(task: Task, job: Job) -> str:
    """Return the file that a task is meant for: one that cannot be told spoils this visit alone.

    Raises:
        Trouble: no line of a list binds a value that the job's `path` uses.
    """
    try:
        return wanted_path(task, job)
    except KeyError as missing:
        reason = f"path uses {{{missing.args[0]}}}, which no line of this URL binds: list it again"
        raise Trouble(Kind.LOCAL_IO, reason) from None
