"""What becomes of a task whose visit has ended: the verdict, and the next time of its schedule."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from random import Random

from crawler.config import Job, ScheduleOptions
from crawler.config.answer_options import retry_rules_of
from crawler.model import Kind, Outcome, Seconds, Task, Visited
from crawler.policy.mirrors import attempts_of, elsewhere
from crawler.policy.outcome import bug
from crawler.policy.retry import verdict, verdict_on_good
from crawler.policy.schedule import Schedule, next_due
from crawler.records import Again, Dead, Done, Settlement, Verdict
from crawler.worker.guard import Guard
from crawler.worker.robots_rules import Rulebook

UNRECORDED_WAIT_S: Seconds = 600.0
"""Wait of a robots.txt the end of whose visit could not be recorded."""
_UNJUDGED = bug(ValueError("its end cannot be judged"))
_UNRECORDED = bug(ValueError("its end cannot be recorded"))


class Judge:
    """Makes a settlement of every end.

    `given_up` tells of a task that its host is given up, `max_backoff` how long failures of a host
    may keep a URL of a job waiting.
    """

    def __init__(
        self,
        jobs: Mapping[str, Job],
        rules: Rulebook,
        given_up: Callable[[Task], bool],
        guard: Guard,
        max_backoff: Callable[[str, Job], Seconds] = lambda _, job: job.max_backoff,
    ) -> None:
        self._jobs = jobs
        self._rules = rules
        self._given_up = given_up
        self.guard = guard
        self._max_backoff = max_backoff
        self._random = Random()  # noqa: S311  jitter is no secret
        self.in_session: Callable[[Visited, Job], Outcome] = lambda visited, _: visited.outcome
        """Returns the outcome of a visit of a job that logs in, by its session."""

    def settlements(self, batch: list[Visited]) -> list[Settlement]:
        """Return the settlements of visits; one that cannot be judged is a bug of ours."""
        now = self._rules.now()
        judged = self.guard.each(partial(self._settlement, now), batch)
        return [
            settlement or self._unjudged(visited, now)
            for visited, settlement in zip(batch, judged, strict=True)
        ]

    def unrecorded(self, settled: Settlement, error: Exception) -> Settlement:
        """Return another settlement of a task, of which the ledger takes none of ours."""
        self.guard.note(settled.task, error)
        return _bare(settled.task, settled.finished_at)

    def _unjudged(self, visited: Visited, now: Seconds) -> Settlement:
        """Return the settlement of a visit that cannot be judged: a bug of ours."""
        end = replace(visited, outcome=_UNJUDGED, content=None)
        settlement = self.guard.step(visited.task, self._settlement, now, end)
        return settlement or _bare(visited.task, now)

    def _settlement(self, now: Seconds, visited: Visited) -> Settlement:
        task = visited.task
        if task.robots:
            judged = self._rules.judge(visited, now, given_up=self._given_up(task))
            return Settlement(task, visited.outcome, judged.verdict, now, judged.record)
        job, outcome = self._jobs[task.job], visited.outcome
        if job.cookies and job.cookies.login:
            outcome = self.in_session(visited, job)
        decision = verdict_on_good(task, outcome) or self._on_failure(visited, outcome, job, now)
        if task.checks:
            decision = elsewhere(task, visited.outcome, decision, now)
        if job.schedule is not None:
            decision = self._next(job.schedule, task, outcome, decision, now)
        return Settlement(task, outcome, decision, now)

    def _on_failure(self, visited: Visited, outcome: Outcome, job: Job, now: Seconds) -> Verdict:
        task = visited.task
        return verdict(
            task,
            outcome,
            attempts=attempts_of(task, job.attempts) if task.checks else job.attempts,
            now=now,
            random=self._random,
            spared=visited.spared,
            max_backoff=self._max_backoff(task.host, job),
            retry=None if job.retry is None else retry_rules_of(job.retry),
        )

    def _next(
        self,
        options: ScheduleOptions,
        task: Task,
        outcome: Outcome,
        decision: Verdict,
        now: Seconds,
    ) -> Verdict:
        """Return the verdict with the next time of a job that has a schedule."""
        if not isinstance(decision, (Done, Dead)):
            return decision
        changed = _changed(task, outcome)
        coming = next_due(
            _parsed(options),
            now=now,
            due_at=task.due_at,
            every=task.every,
            changed=changed,
            fingerprint=task.fingerprint,
        )
        return replace(decision, next_at=coming.at, every=coming.every)


def _changed(task: Task, outcome: Outcome) -> bool | None:
    """Tell whether a visit brought other content than the one before; None where that is open.

    A file that was stored elsewhere, or is gone, is stored again though it is the same.
    """
    if outcome.kind is Kind.STORED:
        return outcome.digest != task.digest
    return False if outcome.kind is Kind.UNCHANGED else None


def _bare(task: Task, now: Seconds) -> Settlement:
    decision = Again(now + UNRECORDED_WAIT_S) if task.robots else Dead(_UNRECORDED.reason)
    return Settlement(replace(task, stored=None), _UNRECORDED, decision, now)


@lru_cache(maxsize=1024)
def _parsed(options: ScheduleOptions) -> Schedule:
    return options.parsed()
