"""Due times of jobs' URLs, fitted to schedules that changed and to a downtime that is over.

Jobs that ask for it at once share one walk over the URLs of the ledger.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import gevent
from gevent.event import AsyncResult

from crawler.config import Job
from crawler.frontier import BEFORE_ALL, Due, Ended, Frontier, Refit
from crawler.model import Seconds
from crawler.policy.schedule import Schedule, next_due, spread, window_of
from crawler.threads import Greenlet, Native
from crawler.value import value


def schedule_text(job: Job) -> str:
    """Return a job's schedule as the frontier notes it, as JSON."""
    return job.schedule.model_dump_json() if job.schedule else ""


@value
class Fit:
    """How the due times of a job's URLs are computed; pure, for a native thread."""

    schedule: Schedule | None
    text: str
    """The schedule as JSON."""
    window: Seconds
    """What a downtime has piled up is spread over so many seconds."""
    now: Seconds
    """Wall time."""
    anew: bool
    """Whether all are computed by this schedule, and not only spread."""

    def due(self, task: Ended) -> Due:
        """Return when a URL is due."""
        return Due(task.id, task.due_at, self._at(task))

    def _at(self, task: Ended) -> Seconds | None:
        if self.schedule is None:
            return None
        coming: Seconds | None = task.due_at
        if self.anew:
            ended_at = min(task.finished_at, self.now)  # a clock that was ahead may have told it
            coming = next_due(
                self.schedule,
                now=ended_at,
                due_at=ended_at,
                every=task.every,
                changed=None,
                fingerprint=task.fingerprint,
            ).at
        if coming is None:
            return None
        return self.schedule.opens_at(spread(self.now, coming, self.window, task.fingerprint))


def fitted(fits: Mapping[str, Fit], tasks: Sequence[Ended]) -> list[Due]:
    """Return the due times of URLs that get others."""
    found = (fits[task.job].due(task) for task in tasks)
    return [due for task, due in zip(tasks, found, strict=True) if _is_other(task, due)]


def _is_other(task: Ended, due: Due) -> bool:
    return task.again if due.at is None else not task.again or due.at != task.due_at


@dataclass(slots=True, eq=False)
class _Walk:
    fits: dict[str, Fit] = field(default_factory=dict)
    over: "AsyncResult[None]" = field(default_factory=AsyncResult)


class Rescheduler:
    """Has due times computed anew, where that is needed."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        native: Native,
        look: Callable[[], None],
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._native = native
        self._look = look
        self._under_way: _Walk | None = None
        self._next: _Walk | None = None
        self._walking: Greenlet | None = None

    def ask(
        self,
        jobs: Sequence[Job],
        down_since: Seconds | None = None,
        changed: Collection[str] = (),
    ) -> None:
        """Fit due times to the jobs' schedules, and spread those that a downtime piled up.

        `down_since` is a wall time, None where no downtime is to be made up for. Of jobs that have
        `changed`, by name, this process had another schedule in force until now, and may have
        recorded due times by it after another process had fitted all.
        """
        if not jobs:
            return
        noted, found = {one.name: one.schedule for one in self._frontier.sums().jobs}, {}
        for job in jobs:
            other = job.name in changed or noted.get(job.name, "") != schedule_text(job)
            if fit := self._needed(job, down_since, anew=other):
                found[job.name] = fit
        if not found:
            return
        self._next = self._next or _Walk()
        self._next.fits |= found
        if self._walking is None:
            self._walking = gevent.spawn(self._run)

    def wait(self, job: str) -> None:
        """Wait until nothing of a job is to be computed anew any more.

        Raises:
            LeaseLostError, LocalFaultError: it could not be done.
        """
        while walk := next((w for w in (self._under_way, self._next) if w and job in w.fits), None):
            walk.over.get()

    def close(self) -> None:
        """End what is under way; it is done by the next process, or the next time."""
        if self._walking:
            self._walking.kill()
        self._walking = self._under_way = self._next = None

    def _needed(self, job: Job, down_since: Seconds | None, *, anew: bool) -> Fit | None:
        schedule = job.schedule.parsed() if job.schedule else None
        now, window = self._frontier.now(), 0.0
        if schedule and down_since is not None:
            window = window_of(schedule, now, down_since)
        if not anew and window < 1.0:
            return None
        return Fit(schedule, schedule_text(job), window, now, anew)

    def _run(self) -> None:
        while walk := self._next:
            self._under_way, self._next = walk, None
            fault: Exception | None = None
            try:
                self._walk(walk.fits)
            except Exception as error:  # noqa: BLE001  raised again by the greenlets that wait
                fault = error
            self._under_way = None
            walk.over.set_exception(fault) if fault else walk.over.set(None)
            self._look()
        self._walking = None

    def _walk(self, fits: Mapping[str, Fit]) -> None:
        anew = {name: fit.text for name, fit in fits.items() if fit.anew}
        others = {name: fit.text for name, fit in fits.items() if not fit.anew}
        due: Sequence[Due] = ()
        after: int | None = BEFORE_ALL
        while after is not None:
            work = Refit(anew, others, due)
            found = self._frontier.tidy(self._owner, work, after)
            due, after = self._native.call(fitted, fits, found.found), found.after
