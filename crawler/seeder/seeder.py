"""The seeder makes the frontier match the lists: at the start, after a reload, when they change.

Every job's lists are read in a greenlet of their own, so that no list holds up another.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

import gevent
from gevent.event import Event

from crawler import sources
from crawler.config import Job
from crawler.errors import EndOfProcessError, LocalFaultError
from crawler.frontier import Frontier
from crawler.log import Log
from crawler.model import Seconds
from crawler.seeder.admission import SyncSums
from crawler.seeder.job_lists import JobLists
from crawler.seeder.new_files import NewFiles
from crawler.seeder.new_jobs import Taken, new_of, take_in_new
from crawler.seeder.reading import SyncTools
from crawler.seeder.rescheduling import Rescheduler
from crawler.seeder.roster import Roster
from crawler.seeder.slots import Slots
from crawler.seeder.waking import wake_hosts
from crawler.stored_files import Stayed, StoredFile
from crawler.threads import Greenlet, Native

POLL_S: Seconds = 2.0
"""Time between two looks into the inboxes and, with `watch`, at the configuration and the lists."""


class Seeder:
    """Syncs every job, then waits for a reason to do so again."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
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
        self._owner = owner
        self._jobs = jobs
        self._log = log
        self._look = look
        self._folder = folder
        self._fetch = fetch
        self._watch = watch
        self._limit = limit
        self._bad = bad
        self.synced: Callable[[Sequence[tuple[Job, SyncSums]]], None] = lambda _: None
        """Gets jobs whose lists were read, with what came of it."""
        self.remove: Callable[[Sequence[StoredFile]], Stayed] | None = None
        """Removes files, and returns those that stay."""
        self.list_failed: Callable[[str, str], None] = lambda *_: None
        """Gets a job and why a list of it could not be read."""
        self._event = Event()
        """Set when there is a round to begin, or a job has ended."""
        self._round = True
        self._carries = False
        """Whether jobs have other options that are none of their lists."""
        self._changed: Mapping[str, Sequence[str]] = {}
        self.down_since: Seconds | None = None
        """Wall time at which a process was last seen on the ledger, until all lists are read."""
        self._roster = Roster(self._event)
        self._new_files: Greenlet | None = None
        self.patient = True
        """Whether a list that somebody may still be writing is waited for."""
        self.done = False
        """Whether every list was read, as far as it could be."""

    @property
    def job_sums(self) -> list[SyncSums]:
        """Return what came of each job's lists in its last reading."""
        return self._roster.sums

    @property
    def failed(self) -> int:
        """Return how many lists could not be read to their end."""
        return sum(len(sums.failed) for sums in self.job_sums)

    def run(self) -> None:
        """Sync, now and whenever there is a reason, for ever."""
        self._roster = Roster(self._event)
        with Native(1) as native:
            tools = SyncTools(
                self._frontier,
                self._owner,
                native,
                self._log,
                self._look,
                Rescheduler(self._frontier, self._owner, native, self._look),
                self._limit,
                self._bad,
                self.remove,
                failed=self.list_failed,
            )
            try:
                self._follow(tools)
            finally:
                self._round, self.done = True, False
                self._end_new_files()
                self._roster.end()
                tools.rescheduler.close()

    def again(self, changed: Mapping[str, Sequence[str]]) -> None:
        """Sync again after a reload; `changed` names the options that differ, by job."""
        self._changed = {**self._changed, **changed}
        self.done = False
        self._round = True
        self._event.set()

    def carry_on(self) -> None:
        """Take up other options of jobs that change nothing about their lists: none is read."""
        self._carries = True
        self._event.set()

    def _follow(self, tools: SyncTools) -> None:
        poll_at = 0.0
        while True:
            self._event.clear()
            if self._round:
                self._begin_round(tools)
            if self._carries:
                self._take_up()
            if time.monotonic() >= poll_at:
                self._roster.poll(watched=self._watch())
                poll_at = time.monotonic() + POLL_S
            self._look_after_jobs()
            self._event.wait(max(0.0, poll_at - time.monotonic()))

    def _begin_round(self, tools: SyncTools) -> None:
        """Begin to read the lists of every job, the short ones first."""
        self._end_new_files()
        self._round, changed, self._changed = False, self._changed, {}
        jobs = self._jobs()
        tools.native.call(sources.sweep, self._folder, time.time())
        self._roster.forget({job.name for job in jobs})
        slots = Slots()
        taken = self._take_in_new(jobs, tools, slots)
        others = sorted((job for job in jobs if job.name not in taken), key=_length)
        other = {name for name, options in changed.items() if "schedule" in options}
        tools.rescheduler.ask(others, self.down_since, other)
        self.down_since = None
        for job in others:
            lists = self._roster.get(job.name)
            if lists is None or lists.job != job:
                lists = self._roster.add(self._new(job, tools, slots, lists))
            else:
                lists.carry_on(job, partial(self._sources, job))
            self._roster.begin(lists, changed.get(job.name, ()))
        # new jobs do not wait for what a million hosts are to learn
        wake_hosts(self._frontier, self._owner, self._look)

    def _take_up(self) -> None:
        """Have the lists of each job go by its options of now, and hosts learn of them."""
        self._carries = False
        for job in self._jobs():
            if lists := self._roster.get(job.name):
                lists.carry_on(job, partial(self._sources, job))
        wake_hosts(self._frontier, self._owner, self._look)

    def _take_in_new(self, jobs: Sequence[Job], tools: SyncTools, slots: Slots) -> set[str]:
        """Take in new jobs of few URLs, many at once; return the names of all that are seen to."""
        new = new_of(tools, [job for job in jobs if job.name not in self._roster])
        for batch in take_in_new(tools, new):
            for job, *_ in batch:
                self._roster.add(self._new(job, tools, slots, None))
            self._took_in(batch)
        self._begin_new_files([job for job in new if job.url_file], tools, slots)
        return {job.name for job in new if job.name in self._roster}

    def _begin_new_files(self, jobs: Sequence[Job], tools: SyncTools, slots: Slots) -> None:
        """Begin to take in jobs whose only list is a file."""
        files = {job.name: (job, file) for job in jobs if (file := self._file(job))}
        for job, _ in files.values():
            self._roster.add(self._new(job, tools, slots, None), awaited=True)
        if files:
            self._new_files = gevent.spawn(self._take_in_files, tools, files)

    def _took_in(self, batch: Sequence[Taken]) -> None:
        """Note jobs whose lists were taken in together with those of others."""
        self._roster.took_in(batch)
        self.synced([(job, sums) for job, _, sums in batch])
        self._event.set()

    def _take_in_files(
        self, tools: SyncTools, files: Mapping[str, tuple[Job, sources.FileList]]
    ) -> None:
        """Take in short files, and leave to their jobs what cannot be taken in so."""
        new = NewFiles(tools, self._took_in, partial(self._read_alone, tools))
        try:
            new.run(files)
        except (LocalFaultError, EndOfProcessError) as error:
            self._roster.failed(error)

    def _read_alone(self, tools: SyncTools, names: Collection[str]) -> None:
        """Read the lists of new jobs as every other list is read."""
        found = [lists for name in names if (lists := self._roster.get(name))]
        tools.rescheduler.ask([lists.job for lists in found])
        for lists in found:
            self._roster.begin(lists, ())

    def _end_new_files(self) -> None:
        """End the taking in of files; what it has not taken in is read when its job is asked."""
        if self._new_files:
            self._new_files.kill()

    def _file(self, job: Job) -> sources.FileList | None:
        """Return the file that is the only list of a job."""
        found = self._sources(job)
        return found[0] if len(found) == 1 and isinstance(found[0], sources.FileList) else None

    def _new(self, job: Job, tools: SyncTools, slots: Slots, before: JobLists | None) -> JobLists:
        if before:
            before.kill()

        of = partial(self._sources, job)
        return JobLists(job, tools, slots, of, self._roster.ended, self.synced, before)

    def _sources(self, job: Job) -> Sequence[sources.Source]:
        return sources.of(job, self._folder, self._fetch(job), patient=self.patient)

    @property
    def settled(self) -> bool:
        """Tell whether all lists are read, and what they lost is retired."""
        return self.done and self._roster.all_retired

    def _look_after_jobs(self) -> None:
        """Raise what ended a job and is not its own fault; see whether all lists are read."""
        self._roster.require()
        if self._roster.all_read and not self._round and not self.done:
            self.done = True
            self._look()


def _length(job: Job) -> int:
    """Return a rank by how long a job's lists may take: what stands in the configuration first."""
    if job.sitemap or job.command or "://" in str(job.url_file or ""):
        return 2
    return 1 if job.url_file else 0
