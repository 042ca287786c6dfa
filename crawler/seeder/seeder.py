"""The seeder makes the frontier match the lists: at the start, after a reload, when they change."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gevent.event import Event

from crawler import sources
from crawler.config import Job
from crawler.frontier import Frontier
from crawler.log import Log
from crawler.model import Seconds
from crawler.seeder.admission import SyncSums
from crawler.seeder.rescheduling import reschedule
from crawler.seeder.sync import Sync
from crawler.sources import Source, SourceError
from crawler.sources.inbox import Inbox
from crawler.threads import Native

POLL_S: Seconds = 2.0
"""Time between two looks into the inboxes and, with `watch`, at the configuration and the lists."""


class Seeder:
    """Syncs every job, then waits for a reason to do so again.

    `synced` gets a job whose lists were read, with what came of it.
    """

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
        synced: Callable[[Job, SyncSums], None] = lambda _job, _sums: None,
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
        self._synced = synced
        self._wake = Event()
        self._changed: Mapping[str, Sequence[str]] = {}
        self._down_since = frontier.alive()
        self._inboxes: dict[str, tuple[Job, Inbox]] = {}
        self._versions: dict[tuple[str, str], str] = {}
        self._leaving: set[str] = set()
        """Names of jobs with a URL that is no longer listed and still being visited."""
        self.job_sums: list[SyncSums] = []
        self.done = False
        """Whether every list was read, as far as it could be."""

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
        """Sync again after a reload; `changed` names the options that differ, by job."""
        self._changed = changed
        self.done = False
        self._wake.set()

    def _sync(self, native: Native) -> None:
        jobs, changed = self._jobs(), self._changed
        self.job_sums, self._changed = [], {}
        self._wake_hosts()
        native.call(sources.sweep, self._folder, time.time())
        for job in jobs:
            if reschedule(self._frontier, job, self._down_since, time.time()):
                self._look()
        self._down_since = None
        for job in jobs:
            sync = self._of(job, native)
            self.job_sums.append(sync.sums)
            sync.run(self._sources(job, sync.sums))
            sync.empty_inbox()
            self._leaving |= {job.name} if sync.leaving else set()
            self._log_synced(sync.sums, changed.get(job.name, ()))
            self._synced(job, sync.sums)

    def _poll(self, native: Native) -> None:
        """Take in lists of inboxes, retire URLs that were being visited, look for changes."""
        for job in self._jobs():
            sync = self._of(job, native)
            sync.empty_inbox()
            if job.name in self._leaving:
                sync.retire()
                self._leaving -= set() if sync.leaving else {job.name}
            if sync.sums.listed or sync.sums.removed:
                self._log_synced(sync.sums, ())
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

    def _log_synced(self, sums: SyncSums, changed: Sequence[str]) -> None:
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
        """Tell whether a list has changed whose version can be known without reading it."""
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
        """Have hosts of jobs that came or went looked at again, slice by slice."""
        for number in self._frontier.stale():
            after: int | None = 0
            while after is not None:
                after = self._frontier.wake(number, after, time.time())
            self._look()
