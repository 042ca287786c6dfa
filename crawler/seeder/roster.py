"""The jobs of the configuration in force, each with its lists, and which are still to be read."""

from collections.abc import Collection, Sequence

from gevent.event import Event

from crawler.errors import CrawlerError
from crawler.seeder.admission import SyncSums
from crawler.seeder.job_lists import JobLists
from crawler.seeder.new_jobs import Taken


class Roster:
    """Has the lists of every job; one that ends, for whatever reason, sets `event`."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self._lists: dict[str, JobLists] = {}
        self._unread: set[str] = set()
        """Names of jobs whose lists are being read, or about to be."""
        self._fault: CrawlerError | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._lists

    @property
    def sums(self) -> list[SyncSums]:
        """Return what came of each job's lists in its last reading."""
        return [lists.sums for lists in self._lists.values()]

    @property
    def all_read(self) -> bool:
        """Tell whether no job has lists that are to be read."""
        return not self._unread

    @property
    def all_retired(self) -> bool:
        """Tell whether no URL that its lists have lost is still to be retired."""
        return not any(lists.leaving for lists in self._lists.values())

    def get(self, name: str) -> JobLists | None:
        """Return the lists of a job, if it has some here."""
        return self._lists.get(name)

    def add(self, lists: JobLists, *, awaited: bool = False) -> JobLists:
        """Have these be the lists of their job; `awaited` ones are read, but not by it."""
        name = lists.job.name
        self._lists[name] = lists
        if awaited:
            lists.awaited = True
            self._unread.add(name)
        return lists

    def begin(self, lists: JobLists, changed: Sequence[str]) -> None:
        """Begin to read the lists of a job, of which options have `changed`."""
        self._unread.add(lists.job.name)
        lists.begin(changed)

    def took_in(self, batch: Sequence[Taken]) -> None:
        """Note jobs whose lists were taken in together with those of others."""
        for job, source, sums in batch:
            self._lists[job.name].took_in([source], sums)
            self._unread.discard(job.name)

    def forget(self, named: Collection[str]) -> None:
        """End the reading of all jobs but those that are named."""
        for name in self._lists.keys() - set(named):
            self._unread.discard(name)
            self._lists.pop(name).kill()

    def ended(self, lists: JobLists) -> None:
        """Note that a job has ended, and what ended it if that is not its own fault."""
        if not lists.reading and self._lists.get(lists.job.name) is lists:
            self._unread.discard(lists.job.name)
        self.failed(lists.fault)

    def failed(self, fault: CrawlerError | None) -> None:
        """Note a fault, the first of which `require` raises."""
        self._fault = self._fault or fault
        self._event.set()

    def require(self) -> None:
        """Raise what ended a job and is not its own fault, once."""
        if self._fault:
            fault, self._fault = self._fault, None
            raise fault

    def poll(self, *, watched: bool) -> None:
        """Take in lists of inboxes, retire URLs that were being visited, look for changes."""
        for name, lists in self._lists.items():
            lists.poll(watched=watched)
            if lists.reading:
                self._unread.add(name)

    def end(self) -> None:
        """End the reading of every job; what came of it stays."""
        for lists in self._lists.values():
            lists.kill()
        for lists in self._lists.values():
            lists.join()
