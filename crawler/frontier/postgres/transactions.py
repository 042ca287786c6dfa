"""Verbs as transactions of one connection to a server, which a greenlet of its own has.

A transaction that writes takes the `gate` first.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import psycopg

from crawler.frontier.postgres import leases
from crawler.frontier.postgres.connection import Connection
from crawler.frontier.postgres.faults import CollidedError, error_of
from crawler.frontier.postgres.gate import Gate
from crawler.frontier.postgres.lane import Lane
from crawler.frontier.postgres.opening import connect, stage
from crawler.frontier.postgres.procedures import LOST
from crawler.frontier.postgres.versions import check_here
from crawler.frontier.sql.held import Patience
from crawler.frontier.sql.procedures import lost_error
from crawler.frontier.sql.rows.names import Names
from crawler.model import Seconds
from crawler.state_address import StateServer

P = ParamSpec("P")
T = TypeVar("T")
Verb = Callable[Concatenate[Connection, P], T]
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class Transactions:
    """A server's ledger whose verbs run one after the other."""

    def __init__(
        self, server: StateServer, *, readonly: bool = False, patience: Patience | None = None
    ) -> None:
        self.server = server
        self._readonly = readonly
        self._lane = Lane()
        self._ask: Callable[..., object] = partial(self._lane.call, self._tried)  # type: ignore[call-arg]
        self._db: Connection | None = None
        self.names = Names()
        self.patience = patience or Patience()
        self._gate = Gate(self.patience)
        self.known: object = None
        """The `terms.Visitor` whose jobs are staged."""
        self.unanswered, self._leases = False, 0
        """Whether the answer of the last lease was not read, and how many there were."""
        self.written_at: Seconds = 0.0
        """Monotonic time at which the last transaction that writes was committed."""

    def open(self) -> None:
        """Open the connection.

        Raises:
            StateError: the ledger cannot be used.
            LocalFaultError: not just now.
        """
        self._lane.start()
        try:
            self._lane.call(self._connect)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection, and end the greenlet."""
        try:
            self._lane.call(self._drop)
        finally:
            self._lane.end()

    @property
    def db(self) -> Connection:
        """The connection; a lost one is opened anew."""
        return self._db or self._connect()

    def make_room(self) -> None:
        """Do nothing: the server's index of URLs is one."""

    def write(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a verb as a transaction that writes, and return what it returns."""
        return cast("T", self._ask(self._whole(verb), *args, **kwargs))

    def beside(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a verb as a transaction that may write beside others, and return what it returns."""
        return cast("T", self._ask(self._whole(verb, beside=True), *args, **kwargs))

    def read(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a verb as a transaction that only reads, and return what it returns."""
        return cast("T", self._ask(self._whole(verb, write=False), *args, **kwargs))

    def stage(
        self, verb: "Callable[Concatenate[Transactions, P], T]", *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a verb that begins and ends its transactions itself, by `locked`."""
        return cast("T", self._ask(self._staged, verb, *args, **kwargs))

    def ask(self, sql: str) -> Any:
        """Return the row of a statement; called within a verb."""
        return self.db.server.execute(sql).fetchone()

    @contextmanager
    def locked(self, *, write: bool = True, beside: bool = False) -> Iterator[None]:
        """Make a block one transaction; an error takes it back.

        One that writes is alone, unless it may run `beside` others of which that was said, too.
        """
        with self._told():
            db = self.db
            try:
                with db.piped():
                    db.server.execute("BEGIN" if write else _READ)
                    if write:
                        self._gate.enter(db, alone=not beside)
                    yield
                    db.server.execute("COMMIT")
            except BaseException:
                self.names.forget()
                self._roll_back(db)
                raise
        self.written_at = time.monotonic() if write else self.written_at

    def note_lease(self, owner: int) -> None:
        """Note, in its transaction, what a lease takes, by a number: the answer may be lost."""
        self.unanswered, self._leases = True, self._leases + 1
        self.db.execute(leases.NOTE, {"owner": owner, "number": self._leases})

    def undo_lease(self, owner: int, now: Seconds) -> None:
        """Undo the last lease, if it was committed."""
        with self.locked():
            self.db.run(leases.UNDO, {"owner": owner, "now": now, "number": self._leases})
        self.ask("SELECT 1")  # what is only sent may be lost, and the next lease has another number
        self.unanswered = False

    def _roll_back(self, db: Connection) -> None:
        with suppress(psycopg.Error):
            db.abandon()
        if db.server.broken:
            self._drop()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            if self._db and self._db.server.broken:
                self._drop()
            if error.sqlstate == LOST:
                raise lost_error() from error
            raise error_of(self.server, error) from error

    def _tried(self, run: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a verb, and again where another one came in its way: nothing came of it then."""
        with self._gate.asked_for():
            for _ in range(3):
                with suppress(CollidedError):
                    return run(*args, **kwargs)
            return run(*args, **kwargs)

    def _whole(self, verb: Any, *, write: bool = True, beside: bool = False) -> Any:
        def transaction(*args: Any, **kwargs: Any) -> Any:
            with self.locked(write=write, beside=beside):
                return verb(self.db, *args, **kwargs)

        return transaction

    def _staged(self, verb: Any, *args: Any, **kwargs: Any) -> Any:
        leases = self._leases
        with self._told():
            try:
                with self.db.piped():
                    return verb(self, *args, **kwargs)
            except BaseException:  # of its last transaction, too, which nothing was read of
                self.names.forget()
                self.unanswered |= self._leases > leases  # its caller has no answer, though we do
                if self._db:
                    self._roll_back(self._db)
                raise

    def _connect(self) -> Connection:
        """Open a connection, which is ours once it has all that a verb needs."""
        with self._told():
            if self.patience.is_over(now := time.monotonic(), now):
                raise psycopg.OperationalError("no connection is opened any more: a stop is near")
            db = connect(self.server, make=not self._readonly, patience=self.patience)
            try:
                if not self._readonly:
                    check_here(db, self.server)
                    stage(db)
            except BaseException:
                db.server.close()
                raise
        self.known = None
        self._db = db
        return db

    def _drop(self) -> None:
        self.names.forget()
        if self._db:
            self._db.server.close()
        self._db = None
