"""The embedded frontier: one SQLite file in WAL mode, shared by the processes of one machine.

All of its work runs in one private native thread that owns the connection, each verb as one
transaction: `BEGIN IMMEDIATE`, or `BEGIN` for what only reads, which waits for no writer. What the
verbs promise is written in `frontier.Frontier`.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from crawler.errors import LocalFaultError, StateError
from crawler.frontier import (
    BEFORE_ALL,
    Counts,
    KnownChunk,
    Lease,
    NextDue,
    Pulse,
    ReadChunk,
    Reclaimed,
    SourceState,
    Synced,
    lists,
    robots,
)
from crawler.frontier import jobs as jobs_
from crawler.frontier import (
    leasing as taking,
)
from crawler.frontier import (
    owners as leases,
)
from crawler.frontier import (
    visits as ledger,
)
from crawler.frontier.locking import begin
from crawler.frontier.process import Process
from crawler.frontier.rows import Names
from crawler.frontier.schema import connect
from crawler.frontier.turns import Shares, Visitor
from crawler.model import Kept, Seconds, Task
from crawler.records import HostRecord, JobTerms, Robots, Seed, Settlement
from crawler.threads import Native

P = ParamSpec("P")
T = TypeVar("T")


class SqliteFrontier:
    """A frontier in a file."""

    def __init__(self, state: Path, *, durable: bool) -> None:
        self._state = state
        self._durable = durable
        self._native = Native(1)
        self._names = Names()
        self._visitor = Visitor()
        self._shares = Shares()

    def __enter__(self) -> Self:
        self._native.__enter__()
        try:
            self._db = self._native.call(connect, self._state, durable=self._durable)
        except StateError:
            self._native.__exit__()
            raise
        self._native.call(self._db.create_function, "obeys", 1, self._obeys)
        return self

    def __exit__(self, *_: object) -> None:
        self._native.call(self._db.close)
        self._native.__exit__()

    def register(self, process: Process, now: Seconds) -> int:
        return self._call(leases.own, process, now)

    def configure(
        self,
        jobs: Sequence[JobTerms],
        now: Seconds,
        *,
        obeys: Callable[[str], bool | None] = lambda _: None,
    ) -> None:
        self._visitor = Visitor(tuple(terms.name for terms in jobs), obeys)
        self._call(jobs_.configure, self._names, jobs, now)

    def add(self, job: str, seeds: Sequence[Seed], now: Seconds, *, recount: bool = False) -> int:
        return self._call(ledger.add, self._names, job, seeds, now, recount)

    def source(self, job: str, name: str) -> SourceState:
        return self._call(lists.source, self._names, job, name)

    def source_known(self, job: str, name: str) -> int | None:
        return self._read(lists.source_known, job, name)

    def fingerprints(self, source: int, anchor: int) -> list[int]:
        return self._read(lists.fingerprints, source, anchor)

    def active_jobs(self) -> list[JobTerms]:
        return self._read(jobs_.active_jobs)

    def sources(self, job: str) -> dict[str, int]:
        return self._read(lists.sources, job)

    def chunks(self, source: int) -> dict[int, KnownChunk]:
        return self._read(lists.chunks, source)

    def admit(self, job: str, source: int, read: Sequence[ReadChunk], now: Seconds) -> Synced:
        return self._call(lists.admit, self._names, job, source, read, now)

    def admitting(
        self, job: str, source: int, read: Sequence[ReadChunk], now: Seconds
    ) -> Callable[[], Synced]:
        verb = self._transact(lists.admit, write=True)
        return self._native.begin(verb, self._names, job, source, read, now)

    def drop(self, source: int, anchors: Sequence[int]) -> None:
        self._call(lists.drop, source, anchors)

    def source_read(self, state: SourceState, now: Seconds) -> None:
        self._call(lists.source_read, state, now)

    def retire(self, job: str, after: int = BEFORE_ALL) -> tuple[int, int | None]:
        return self._call(lists.retire, self._names, job, after)

    def leaving(self, job: str) -> bool:
        return self._call(lists.leaving, self._names, job)

    def alive(self) -> Seconds | None:
        return self._read(leases.alive)

    def stale(self) -> list[int]:
        return self._read(jobs_.stale)

    def wake(self, job: int, after: int, now: Seconds) -> int | None:
        return self._call(jobs_.wake, job, after, now)

    def schedule(self, job: str) -> str:
        return self._call(jobs_.schedule, self._names, job)

    def rescheduled(self, job: str, text: str) -> None:
        self._call(jobs_.rescheduled, self._names, job, text)

    def refit(self, job: str, next_due: NextDue, after: int, now: Seconds) -> int | None:
        return self._call(jobs_.refit, self._names, job, next_due, after, now)

    def heartbeat(self, owner: int, pulse: Pulse, now: Seconds) -> None:
        self._call(leases.heartbeat, owner, pulse, now)

    def lease(
        self,
        owner: int,
        now: Seconds,
        *,
        new: int,
        refills: dict[int, int],
        idle: Sequence[HostRecord],
        back: Sequence[int] = (),
    ) -> Lease:
        return self._call(
            taking.lease,
            self._names,
            self._visitor,
            self._shares,
            owner,
            now,
            new,
            refills,
            idle,
            back,
        )

    def move(self, owner: int, found: Sequence[HostRecord], now: Seconds) -> frozenset[int]:
        return self._call(taking.move, owner, found, now)

    def keep(self, owner: int, task: int, kept: Kept) -> None:
        self._call(ledger.keep, owner, task, kept)

    def claim(self, paths: Sequence[tuple[int, str, str]]) -> list[str]:
        return self._call(ledger.claim, paths)

    def settle(
        self, owner: int, settlements: Sequence[Settlement], hosts: Sequence[HostRecord]
    ) -> None:
        self._call(ledger.settle, self._names, owner, settlements, hosts)

    def renew(self, owner: int, now: Seconds) -> None:
        self._call(leases.renew, owner, now)

    def robots(self, origin: str) -> Robots | None:
        return self._read(robots.known, origin)

    def release(self, owner: int, hosts: Sequence[HostRecord], now: Seconds) -> list[Task]:
        return self._call(leases.release, self._names, owner, hosts, now)

    def reclaim(self, now: Seconds, machine: str, *, mine: int = 0) -> list[Reclaimed]:
        return self._call(leases.reclaim, self._names, now, machine, mine)

    def counts(self) -> Counts:
        return self._read(ledger.counts)

    def listed(self) -> dict[str, int]:
        return self._read(ledger.listed)

    def unfinished(self, after: int, limit: int) -> list[Task]:
        return self._read(ledger.unfinished, self._names, after, limit)

    def hosts(self, limit: int) -> list[str]:
        return self._read(ledger.hosts, limit)

    def _obeys(self, key: str) -> bool | None:
        return self._visitor.obeys(key)

    def _call(
        self,
        verb: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return self._native.call(self._transact(verb, write=True), *args, **kwargs)

    def _read(
        self,
        verb: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return self._native.call(self._transact(verb, write=False), *args, **kwargs)

    def _transact(
        self, verb: Callable[Concatenate[sqlite3.Connection, P], T], *, write: bool
    ) -> Callable[P, T]:
        """Return the verb as one transaction, to be run in the native thread."""

        def transaction(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                begin(self._db, write=write)
                value = verb(self._db, *args, **kwargs)
                self._db.execute("COMMIT")
            except BaseException as error:
                self._names.forget()
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise LocalFaultError(f"{self._state}: {error}") from error
                raise
            return value

        return transaction
