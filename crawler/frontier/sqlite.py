"""The embedded frontier: one SQLite file in WAL mode, shared by the processes of one machine.

All of its work runs in one private native thread that owns the connection, each verb as one
`BEGIN IMMEDIATE` transaction. What the verbs promise is written in `frontier.Frontier`.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from crawler.errors import LocalFaultError, StateError
from crawler.frontier import Counts, Lease, Reclaimed, leases, ledger, robots
from crawler.frontier.process import Process
from crawler.frontier.rows import Names
from crawler.frontier.schema import connect
from crawler.frontier.turns import Visitor
from crawler.model import HostRest, JobRule, Kept, Robots, Seconds, Seed, Settlement, Task
from crawler.native import Native

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

    def __enter__(self) -> Self:
        self._native.__enter__()
        try:
            self._db = self._native.call(connect, self._state, durable=self._durable)
        except StateError:
            self._native.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._native.call(self._db.close)
        self._native.__exit__()

    def register(self, process: Process, now: Seconds) -> int:
        return self._call(leases.own, process, now)

    def configure(
        self,
        jobs: Sequence[JobRule],
        now: Seconds,
        *,
        obeys: Callable[[str], bool | None] = lambda _: None,
    ) -> None:
        self._call(ledger.configure, self._names, jobs, now)
        self._visitor = Visitor(tuple(rule.name for rule in jobs), obeys)

    def add(self, job: str, seeds: Sequence[Seed], now: Seconds, *, recount: bool = False) -> int:
        return self._call(ledger.add, self._names, job, seeds, now, recount)

    def lease(
        self,
        owner: int,
        now: Seconds,
        *,
        new: int,
        wants: dict[int, int],
        idle: Sequence[HostRest],
        back: Sequence[int] = (),
    ) -> Lease:
        return self._call(
            leases.lease, self._names, self._visitor, owner, now, new, wants, idle, back
        )

    def keep(self, owner: int, task: int, kept: Kept) -> None:
        self._call(ledger.keep, owner, task, kept)

    def claim(self, paths: Sequence[tuple[int, str, str]]) -> list[str]:
        return self._call(ledger.claim, paths)

    def settle(
        self, owner: int, settlements: Sequence[Settlement], hosts: Sequence[HostRest]
    ) -> None:
        self._call(ledger.settle, self._names, owner, settlements, hosts)

    def renew(self, owner: int, now: Seconds) -> None:
        self._call(leases.renew, owner, now)

    def robots(self, origin: str) -> Robots | None:
        return self._call(robots.known, origin)

    def release(self, owner: int, hosts: Sequence[HostRest], now: Seconds) -> list[Task]:
        return self._call(leases.release, self._names, owner, hosts, now)

    def reclaim(self, now: Seconds, machine: str, *, mine: int = 0) -> list[Reclaimed]:
        return self._call(leases.reclaim, self._names, now, machine, mine)

    def counts(self) -> Counts:
        return self._call(ledger.counts)

    def listed(self) -> dict[str, int]:
        return self._call(ledger.listed)

    def unfinished(self, after: int, limit: int) -> list[Task]:
        return self._call(ledger.unfinished, self._names, after, limit)

    def hosts(self, limit: int) -> list[str]:
        return self._call(ledger.hosts, limit)

    def _call(
        self,
        verb: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return self._native.call(self._transact(verb), *args, **kwargs)

    def _transact(self, verb: Callable[Concatenate[sqlite3.Connection, P], T]) -> Callable[P, T]:
        """Return the verb as one transaction, to be run in the native thread."""

        def transaction(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                self._db.execute("BEGIN IMMEDIATE")
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
