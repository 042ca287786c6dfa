"""The lists of one job, read in greenlets of their own; a job that fails ends itself alone."""

from collections.abc import Callable, Sequence

import gevent

from crawler.config import Job
from crawler.errors import CrawlerError, EndOfProcessError, LocalFaultError, PassLostError
from crawler.seeder.admission import SyncSums
from crawler.seeder.clearing import clear
from crawler.seeder.elsewhere import Elsewhere
from crawler.seeder.reading import Busy, SyncTools
from crawler.seeder.slots import Slots
from crawler.seeder.spool import Spool
from crawler.seeder.sync import Sync
from crawler.sources import Source, SourceError
from crawler.sources.inbox import Inbox
from crawler.threads import Greenlet

MAX_GROWN = 3
"""Readings in a row of a list that grows each time; then it is left until it changes."""


class JobLists:
    """Reads the lists when asked to, one reading at a time, and the inbox beside it.

    `of` returns the sources of the job as they are now; `ended` is called when a reading has ended.
    """

    def __init__(
        self,
        job: Job,
        tools: SyncTools,
        slots: Slots,
        of: Callable[[], Sequence[Source]],
        ended: Callable[["JobLists"], None],
        synced: Callable[[Sequence[tuple[Job, SyncSums]]], None],
        before: "JobLists | None" = None,
    ) -> None:
        self.job = job
        self._tools = tools
        self._slots = slots
        self._of = of
        self._ended = ended
        self._synced = synced
        self._before = before
        """The same job under older options, which ends first."""
        self._inbox = Inbox(job.inbox, job) if job.inbox else None
        self._sync: Greenlet | None = None
        self._spool: Greenlet | None = None
        self._again: Sequence[str] | None = None
        """Options that changed, for the next reading."""
        self._leaving = False
        """Whether a URL that is no longer listed is being visited."""
        self.awaited = False
        """Whether its lists are read elsewhere, with those of other new jobs."""
        self._elsewhere = Elsewhere(tools)
        self._grown = 0
        """Readings in a row in which a list grew."""
        self._versions: dict[str, str] = {}
        self.sums = SyncSums(job.name)
        self.fault: CrawlerError | None = None
        """What ended a reading and is no fault of the job: the ledger's, or this machine's."""

    @property
    def reading(self) -> bool:
        """Tell whether lists are being read, or about to be."""
        return self.awaited or self._sync is not None or self._again is not None

    def begin(self, changed: Sequence[str]) -> None:
        """Read the lists, now or when the reading under way has ended."""
        self._again, self.awaited = changed, False
        if self._sync is None:
            self._spawn()

    def carry_on(self, job: Job, of: Callable[[], Sequence[Source]]) -> None:
        """Go by other options of the job, or what their files say now: its lines mean the same."""
        self.job, self._of = job, of

    def took_in(self, sources: Sequence[Source], sums: SyncSums) -> None:
        """Note that the lists were read already, as short ones of a new job."""
        self.sums, self.awaited = sums, False
        self._versions = {source.name: source.version_read for source in sources}
        self._log_synced(sums, ())

    @property
    def leaving(self) -> bool:
        """Tell whether URLs wait for the end of their visit to be retired."""
        return self._leaving

    def poll(self, *, watched: bool) -> None:
        """Look into the inbox, at what leaves, and, if lists are watched, whether one changed."""
        if self._sync is None and not self.awaited:
            self._look_at_lists(watched=watched)
        if self._spool is None and (self._inbox or self._leaving or self._elsewhere):
            self._spool = gevent.spawn(self._guarded, self._tend)

    def _look_at_lists(self, *, watched: bool) -> None:
        if self._again is not None:  # another process read them
            self._spawn()
        elif watched and self._lists_changed():
            self.begin(())

    def kill(self) -> None:
        """End what is read; `join` waits for that."""
        self._again = None
        for greenlet in (self._sync, self._spool):
            if greenlet:
                greenlet.kill(block=False)

    def join(self) -> None:
        """Wait until nothing is read any more."""
        gevent.joinall([one for one in (self._sync, self._spool) if one])
        self._sync = self._spool = None

    def _spawn(self) -> None:
        self._sync = gevent.spawn(self._guarded, self._read)

    def _guarded(self, act: Callable[[], None]) -> None:
        """Do one thing; an error that belongs to the job is logged, and ends no other."""
        try:
            act()
        except (LocalFaultError, EndOfProcessError) as error:
            self.fault = error
        except Exception as error:  # noqa: BLE001  one bad job ends itself
            cause = f"{type(error).__name__}: {error}"
            self._log_job_failed(cause, error)
        finally:
            if act == self._read:
                self._sync = None
            else:
                self._spool = None
            self._ended(self)

    def _read(self) -> None:
        if self._before:
            self._before.join()
            self._before = None
        while self._again is not None:
            asked, self._again = self._again, None
            try:
                self._tools.rescheduler.wait(self.job.name)
                with self._slots.taken():
                    self._sync_once(asked)
            except (Busy, PassLostError):
                self._again = self._again or asked
                return

    def _sync_once(self, changed: Sequence[str]) -> None:
        tools = self._tools
        sync = Sync(tools, self.job)
        self.sums = sync.sums
        sync.run(self._sources())
        if self.job.renamed_from:  # its lists may have brought URLs of another schedule
            tools.rescheduler.ask([self.job])
            tools.rescheduler.wait(self.job.name)
        self._leaving = sync.leaving or self._leaving
        self._elsewhere.note(self.job, sync.elsewhere)
        clear(tools, self.job)
        self._log_synced(sync.sums, changed)
        self._synced([(self.job, sync.sums)])
        self._grown = self._grown + 1 if sync.grew else 0
        if 0 < self._grown <= MAX_GROWN:
            self._again = self._again or ()

    def _sources(self) -> Sequence[Source]:
        try:
            found = self._of()
        except SourceError as error:
            self._log_list_failed(str(error))
            return ()
        self._versions = {source.name: source.version() for source in found}
        return found

    def _lists_changed(self) -> bool:
        """Tell whether a list has changed whose version can be known without reading it."""
        try:
            found = self._of()
        except SourceError:
            return False
        return {source.name: source.version() for source in found} != self._versions

    def _tend(self) -> None:
        """Take in what lies in the inbox, and retire URLs whose visits are over."""
        if self._leaving:
            sync = Sync(self._tools, self.job)
            sync.retire()
            self._leaving = sync.leaving
            clear(self._tools, self.job)
            if sync.sums.removed:
                self._log_synced(sync.sums, ())
        if self._elsewhere.is_given_up(self.job):
            self.begin(())
        if self._inbox:
            spool = Spool(self._tools, self.job, self._inbox)
            spool.empty()
            if spool.sums.listed:
                self._log_synced(spool.sums, ())

    def _log_job_failed(self, cause: str, error: Exception) -> None:
        self.sums.failed.append(self.job.name)
        self._tools.log.error("job.failed", job=self.job.name, cause=cause, exc_info=error)

    def _log_list_failed(self, cause: str) -> None:
        self.sums.failed.append(self.job.name)
        self._tools.list_failed(self.job.name, cause)

    def _log_synced(self, sums: SyncSums, changed: Sequence[str]) -> None:
        self._tools.log.info(
            "job.synced",
            job=sums.job,
            listed=sums.listed,
            added=sums.added + sums.revived,
            removed=sums.removed,
            kept=sums.kept,
            bad=sums.bad,
            filtered=sums.filtered or None,
            changed=list(changed) or None,
        )
