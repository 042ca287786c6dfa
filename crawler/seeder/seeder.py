"""The seeder makes the frontier match the lists: at the start, after a reload, when they change."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gevent.event import Event

from crawler import sources
from crawler.config import Job
from crawler.frontier import Frontier, NextDue
from crawler.log import Log
from crawler.model import Seconds
from crawler.policy.schedule import Schedule, next_due, spread, window_of
from crawler.seeder.sync import Sync, SyncSums
from crawler.sources import Source, SourceError
from crawler.sources.inbox import Inbox
from crawler.threads import Native

POLL_S: Seconds = 2.0
"""Time between two looks into the inboxes and, with `watch`, at the configuration and the lists."""


class Seeder:
    """Syncs every job, then waits for a reason to do so again."""

    def __init__(
        self,
        frontier: Frontier,
        jobs: Callable[[], Sequence[Job]],
        log: Log,
        *,
        look: Callable[[], None],
        folder: Path,
        fetch: Callable[[Job], sources.FetchList],
        watch: Callable[[], bool] = lambda: False,
        limit: int | None = None,
        bad: Callable[[str, str], None] | None = None,
    ) -> None:
        self._frontier = frontier
        self._jobs = jobs
        self._log = log
        self._look = look
        self._folder = folder
        self._fetch = fetch
        self._watch = watch
        self._limit = limit
        self._bad = bad
        self._wake = Event()
        self._changed: Mapping[str, Sequence[str]] = {}
        self._down_since = frontier.alive()
        self._inboxes: dict[str, tuple[Job, Inbox]] = {}
        self._versions: dict[tuple[str, str], str] = {}
        self._leaving: set[str] = set()
        """Jobs of which something is unlisted that is still being visited."""
        self.job_sums: list[SyncSums] = []
        self.done = False
        """Every list was read, as far as it could be."""

    @property
    def failed(self) -> int:
        """Return how many lists could not be read to their end."""
        return sum(len(sums.failed) for sums in self.job_sums)

    def run(self) -> None:
        """Sync, now and whenever there is a reason, for ever."""
        with Native(1) as native:
            while True:
                self._wake.clear()
                self._sync(native)
                self.done = not self._wake.is_set()
                self._look()
                while not self._wake.wait(POLL_S):
                    self._poll(native)

    def again(self, changed: Mapping[str, Sequence[str]]) -> None:
        """Sync again, for the configuration changed; `changed` names options of jobs."""
        self._changed = changed
        self.done = False
        self._wake.set()

    def _sync(self, native: Native) -> None:
        jobs, changed = self._jobs(), self._changed
        self.job_sums, self._changed = [], {}
        self._wake_hosts()
        native.call(sources.sweep, self._folder, time.time())
        for job in jobs:
            self._reschedule(job)
        self._down_since = None
        for job in jobs:
            sync = self._of(job, native)
            self.job_sums.append(sync.sums)
            sync.run(self._sources(job, sync.sums))
            sync.empty_inbox()
            self._leaving |= {job.name} if sync.leaving else set()
            self._tell(sync.sums, changed.get(job.name, ()))

    def _poll(self, native: Native) -> None:
        """Take in what came into the inboxes, retire what was being visited, look for changes."""
        for job in self._jobs():
            sync = self._of(job, native)
            sync.empty_inbox()
            if job.name in self._leaving:
                sync.retire()
                self._leaving -= set() if sync.leaving else {job.name}
            if sync.sums.listed or sync.sums.removed:
                self._tell(sync.sums, ())
        if self._watch() and self._lists_changed():
            self.again({})

    def _of(self, job: Job, native: Native) -> Sync:
        return Sync(
            self._frontier,
            job,
            native,
            self._log,
            look=self._look,
            inbox=self._inbox(job),
            limit=self._limit,
            bad=self._bad,
        )

    def _inbox(self, job: Job) -> Inbox | None:
        if job.inbox is None:
            return None
        known = self._inboxes.get(job.name)
        if known is None or known[0] != job:
            known = self._inboxes[job.name] = (job, Inbox(job.inbox, job))
        return known[1]

    def _tell(self, sums: SyncSums, changed: Sequence[str]) -> None:
        self._log.info(
            "job.synced",
            job=sums.job,
            listed=sums.listed,
            added=sums.added + sums.revived,
            removed=sums.removed,
            kept=sums.kept,
            bad=sums.bad,
            changed=list(changed) or None,
        )

    def _sources(self, job: Job, sums: SyncSums) -> Sequence[Source]:
        try:
            found = sources.of(job, self._folder, self._fetch(job))
        except SourceError as error:
            sums.failed.append(job.name)
            self._log.error("list.failed", job=job.name, cause=str(error))
            return ()
        self._versions |= {(job.name, source.name): source.version() for source in found}
        return found

    def _lists_changed(self) -> bool:
        """Tell whether a list that can be looked at without reading it has changed."""
        for job in self._jobs():
            try:
                found = sources.of(job, self._folder, self._fetch(job))
            except SourceError:
                continue
            for source in found:
                if source.version() != self._versions.get((job.name, source.name)):
                    return True
        return False

    def _wake_hosts(self) -> None:
        """Let the hosts of jobs that came or went learn it, slice by slice."""
        for number in self._frontier.stale():
            after: int | None = 0
            while after is not None:
                after = self._frontier.wake(number, after, time.time())
            self._look()

    def _reschedule(self, job: Job) -> None:
        """Fit due times to a schedule that changed, and spread those that a downtime piled up."""
        schedule = job.schedule.parsed() if job.schedule else None
        text = job.schedule.model_dump_json() if job.schedule else ""
        now, window = time.time(), 0.0
        if schedule and self._down_since is not None:
            window = window_of(schedule, now, self._down_since)
        same = self._frontier.schedule(job.name) == text
        if same and window < 1.0:
            return
        due_after = _due_after(schedule, now, window, same=same)
        after: int | None = 0
        while after is not None:
            after = self._frontier.refit(job.name, due_after, after, now)
        self._frontier.rescheduled(job.name, text)
        self._look()


def _due_after(schedule: Schedule | None, now: Seconds, window: Seconds, *, same: bool) -> NextDue:
    """Return how a task's due time follows from what is known of it."""

    def due_after(
        due_at: Seconds, finished_at: Seconds, number: int, every: Seconds | None
    ) -> Seconds | None:
        if schedule is None:
            return None
        if same:
            return schedule.opens_at(spread(now, due_at, window, number))
        coming = next_due(
            schedule,
            now=finished_at,
            due_at=finished_at,
            every=every,
            changed=None,
            fingerprint=number,
        ).at
        return None if coming is None else schedule.opens_at(spread(now, coming, window, number))

    return due_after
