"""A frontier in SQL, whatever the engine. Each verb is one transaction.

`contract.Frontier` says what the verbs promise.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Self

from crawler.cookie import SetCookies
from crawler.frontier import values
from crawler.frontier.clock import AnyClocks, Clock
from crawler.frontier.metrics import NO_TOTALS, Totals
from crawler.frontier.outbox import NO_NOTICES, Notices
from crawler.frontier.process import Process
from crawler.frontier.sql.engine_desk import SqlDesk
from crawler.frontier.sql.engine_lists import SqlLists
from crawler.frontier.sql.engine_logins import SqlLogins
from crawler.frontier.sql.engine_outbox import SqlOutbox
from crawler.frontier.sql.held import Ear, Held
from crawler.frontier.sql.lists import new_urls
from crawler.frontier.sql.rows.course import heard
from crawler.frontier.sql.rows.file import Transactions
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.sql.rows.terms import Visitor
from crawler.frontier.sql.visits import (
    beats,
    claiming,
    following,
    hearing,
    leasing,
    owners,
    parking,
    settling,
    stores,
    tidying,
    turns,
)
from crawler.frontier.sql.visits.jobs import configure
from crawler.frontier.sql.visits.ready import Looks
from crawler.frontier.values import BEFORE_ALL
from crawler.frontier.wishes import Heard
from crawler.frontier.work import Found, Tidied, Work
from crawler.model import Kept, Seconds, Task
from crawler.records import HostRecord, JobTerms, Seed, Settlement

PROCEDURES = (
    settling.SETTLE,
    following.FAIL,
    leasing.KEEP,
    leasing.GIVE_BACK,
    leasing.TAKE,
    leasing.TAKE_BACK,
    parking.OPEN,
    parking.BRING_BACK,
    turns.LINE,
    turns.QUEUE,
    turns.SHARE,
    turns.TAKE,
)


class SqlFrontier(SqlDesk, SqlLists, SqlLogins, SqlOutbox):
    """A frontier whose verbs are statements."""

    _beat = staticmethod(beats.beat)

    def __init__(self, file: Held, ear: Ear, clocks: AnyClocks) -> None:
        self._file = file
        self._ear = ear
        self._clock = Clock(clocks)
        self.now = self._clock.now
        self._visitor = Visitor()
        self._looks = Looks()
        self._budgeted: frozenset[str] = frozenset()
        """Names of the jobs that have a budget."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._file.open()
            stack.callback(self._file.close)
            self._clock.hear(self._file.read(heard, self._clock.clocks.read))
            self._ear.open()
            stack.callback(self._ear.close)
            self._opened = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def join(
        self,
        process: Process,
        holder: values.Holder | None = None,
        known: str = "",
        *,
        guest: bool = False,
    ) -> values.Joined:
        read = self._clock.clocks.read
        joined, course = self._file.write(owners.join, process, read, holder, known, guest)
        self._clock.hear(course)
        return joined

    def store_in(self, owner: int, uid: str, folder: str) -> int:
        number = self._file.write(stores.store_in, owner, uid, folder, self.now())
        self._visitor = replace(self._visitor, store=number)
        return number

    def beat(
        self,
        owner: int,
        pulse: values.Pulse,
        watched: values.Watched | None = None,
    ) -> values.Beat:
        read = self._clock.clocks.read
        beat = self._file.write(self._beat, self._file.names, owner, pulse, read, watched)
        if beat.course:
            self._clock.hear(beat.course)
        return beat

    def leave(
        self, owner: int, hosts: Sequence[HostRecord], counted: Totals = NO_TOTALS
    ) -> list[Task]:
        return self._file.stage(owners.leave, owner, self._lasting(hosts), counted, self.now())

    def hear(self, owner: int, after: int) -> Heard:
        return self._ear.hear(owner, after)

    def heed(self, owner: int, number: int, orders: Collection[int] = ()) -> None:
        self._file.beside(hearing.heed, owner, number, orders, self.now())

    def store(self) -> int:
        return self._visitor.store

    def hurry(self, until: Seconds) -> None:
        self._file.patience.ends_at = until

    def busy_since(self) -> Seconds:
        return self._file.patience.since

    def written_at(self) -> Seconds:
        return self._file.written_at

    def configure(
        self,
        jobs: Sequence[JobTerms],
        *,
        obeys: Mapping[str, bool | None] = values.NO_RULES,
        text: tuple[int, str] = (0, ""),
    ) -> None:
        now, stepped = self.now(), self._clock.stepped
        self._file.write(configure, self._file.names, jobs, now, obeys, text, stepped)
        self._budgeted = frozenset(terms.name for terms in jobs if terms.budget)
        known = {terms.name: terms.digest for terms in jobs}
        keeps = {terms.name: terms.keep for terms in jobs if terms.keep in {"host", "job"}}
        self._visitor = replace(self._visitor, jobs=known, keeps=keeps)

    def add(self, job: str, seeds: Sequence[Seed], *, recount: bool = False) -> int:
        return self._file.stage(new_urls.add, job, seeds, self.now(), recount=recount)

    def hold(self, jobs: Collection[str]) -> None:
        self._visitor = replace(self._visitor, held=frozenset(jobs))

    def await_logins(self, jobs: Collection[str]) -> None:
        self._visitor = replace(self._visitor, awaiting=frozenset(jobs))

    def tidy(self, owner: int, work: Work[Found], after: int = BEFORE_ALL) -> Tidied[Found]:
        while True:
            stepped = self._clock.stepped
            found = self._file.stage(self._tidy, work, owner, self.now(), after, stepped)
            if stepped == self._clock.stepped:  # else `now` and the times in it do not agree
                return found

    def _tidy(
        self,
        file: Transactions,
        work: Work[Found],
        owner: int,
        now: Seconds,
        after: int,
        stepped: Seconds,
    ) -> Tidied[Found]:
        return tidying.tidy(Slice(file, self._visitor, owner, now, after, stepped), work)

    def _lasting(self, hosts: Sequence[HostRecord]) -> Sequence[HostRecord]:
        """Return what hosts are owed as it is kept: without the steps of the clock."""
        stepped = self._clock.stepped
        return [host.moved(-stepped) for host in hosts] if stepped else hosts

    def lease(
        self,
        owner: int,
        *,
        new: int,
        refills: dict[int, int],
        idle: Sequence[HostRecord],
        back: Sequence[int] = (),
        found: Sequence[HostRecord] = (),
    ) -> values.Lease:
        lease = self._file.stage(
            leasing.lease,
            self._visitor,
            self._looks,
            owner,
            self.now(),
            new,
            refills,
            self._lasting(idle),
            back,
            self._lasting(found),
        )
        self._clock.hear(lease.course)
        return lease.moved(self._clock.stepped) if self._clock.stepped else lease

    def claim(
        self,
        paths: Sequence[tuple[int, str, str]],
        owner: int | None = None,
        store: int | None = None,
        fixed: Collection[int] = (),
    ) -> list[str]:
        where = self._visitor.store if store is None else store
        return self._file.write(claiming.claim, paths, owner, where, fixed)

    def settle(
        self,
        owner: int,
        settlements: Sequence[Settlement],
        hosts: Sequence[HostRecord],
        claims: Mapping[int, str] = values.NO_CLAIMS,
        kept: Mapping[int, Kept] = values.NOTHING_KEPT,
        notices: Notices = NO_NOTICES,
        cookies: Sequence[SetCookies] = values.NO_COOKIES,
    ) -> set[int]:
        owed, visitor, stepped = self._lasting(hosts), self._visitor, self._clock.stepped
        given = (owner, settlements, owed, claims, kept, notices, cookies)
        by = settling.Settles(visitor.store, stepped, self._budgeted)
        return self._file.stage(settling.settle, *given, by=by)
