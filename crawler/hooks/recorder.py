"""The recorder makes events of what happens, for the hooks that are in force."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from crawler.config import Job
from crawler.config.hook_options import Occasion
from crawler.frontier.outbox import NO_NOTICES, Event, Notices
from crawler.hooks.events import (
    body_of,
    lane_of,
    occasions,
    of_host,
    of_job,
    of_list,
    of_visit,
)
from crawler.hooks.hook import Hook, JobHooks, hooks_of
from crawler.model import Seconds
from crawler.records import Settlement

MAX_PENDING = 10_000
"""Events of hosts and lists that wait in memory for the next transaction."""


class Recorder:
    """Knows which hooks are in force; `now` is the frontier's time."""

    def __init__(
        self, jobs: Iterable[Job], output: Path, machine: str, now: Callable[[], Seconds]
    ) -> None:
        self._output = output
        self._machine = machine
        self._now = now
        self._hosts: list[Event] = []
        """Events of hosts, for the settlement of the visit that made each of them rest."""
        self.lists: list[Event] = []
        """Events of lists, which come with no settlement."""
        self.recorded = 0
        """Grows with every event, and with every visit to a job whose end is to be told."""
        self.woken: Callable[[], None] = lambda: None
        """Is called when there may be something to tell."""
        self.take_up(jobs)

    def take_up(self, jobs: Iterable[Job]) -> None:
        """Put the hooks of these jobs in force, in the place of those before."""
        self.hooks: dict[int, Hook]
        self._of: dict[str, JobHooks]
        self.hooks, self._of = hooks_of(jobs)
        self.watched = {
            name: job.scheduled for name, job in self._of.items() if job.of.get("job_done")
        }
        """Jobs whose end is to be told, and whether each has a schedule."""
        self.woken()

    def compared(self) -> dict[str, set[tuple[str, ...]]]:
        """Return what hooks ignore of changes, by the jobs of which some want to hear of these."""
        return {name: set(job.ignored.values()) for name, job in self._of.items() if job.ignored}

    def notices(self, settlements: Sequence[Settlement]) -> Notices:
        """Return what is to be recorded with settlements; where no job has a hook, nothing."""
        if not self._of:
            return NO_NOTICES
        of_visits = (event for one in settlements for event in self._of_visit(one))
        events = (*self._hosts, *of_visits)
        begun = frozenset(filter(None, map(self._begun, settlements))) if self.watched else ()
        return Notices(events, frozenset(begun)) if events or begun else NO_NOTICES

    def noted(self, notices: Notices) -> None:
        """Note that these were recorded."""
        if notices is NO_NOTICES:
            return
        kept = set(notices.events)
        self._hosts = [event for event in self._hosts if event not in kept]
        self._wake()

    def host_rested(self, job: str, host: str, state: str, reason: str, until: Seconds) -> None:
        """Note that a visit of a job made its host rest until a wall time."""
        if self._hooks("host_rested", job) and len(self._hosts) < MAX_PENDING:
            event = of_host(job, host, state, reason, now=self._now(), until=until)
            self._hosts += self._for_each("host_rested", event, lane_of("host", host))

    def list_failed(self, job: str, cause: str) -> None:
        """Note that a list of a job could not be read."""
        if self._hooks("list_failed", job) and len(self.lists) < MAX_PENDING:
            event = of_list(job, cause, self._now())
            self.lists += self._for_each("list_failed", event, lane_of("list", job))
            self._wake()

    def job_done(self, job: str) -> list[Event]:
        """Return the events of a job that is done."""
        return list(self._for_each("job_done", of_job(job, self._now()), lane_of("job", job)))

    def _of_visit(self, settled: Settlement) -> Iterator[Event]:
        task = settled.task
        for occasion in occasions(settled) if task.job in self._of else ():
            if self._hooks(occasion, task.job):
                event = of_visit(occasion, settled, self._output, self._machine)
                each = self._for_each(occasion, event, task.fingerprint, task.id)
                yield from self._with_sizes(settled, event, each) if occasion == "changed" else each

    def _with_sizes(
        self, settled: Settlement, event: dict[str, Any], each: Iterable[Event]
    ) -> Iterator[Event]:
        """Add how much has changed, where that is known; leave out hooks for which nothing has."""
        ignored, sizes = self._of[settled.task.job].ignored, dict(settled.outcome.differences)
        for one in each:
            size = sizes.get(ignored[one.hook])
            if size is None:
                yield one
            elif size:
                yield one._replace(body=body_of(event | {"changed_bytes": size}))

    def _for_each(
        self, occasion: Occasion, event: dict[str, Any], lane: int, task: int | None = None
    ) -> Iterator[Event]:
        body = body_of(event)
        for hook in self._hooks(occasion, event["job"]):
            yield Event(hook, event["id"], lane, body, task)

    def _hooks(self, occasion: Occasion, job: str) -> tuple[int, ...]:
        found = self._of.get(job)
        return found.of.get(occasion, ()) if found else ()

    def _begun(self, settled: Settlement) -> str | None:
        """Return the job whose end a visit may be; with a schedule only first ends count."""
        task = settled.task
        scheduled = self.watched.get(task.job)
        if task.robots or scheduled is None or (scheduled and task.ended):
            return None
        return task.job

    def _wake(self) -> None:
        self.recorded += 1
        self.woken()
