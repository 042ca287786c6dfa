"""A server's ledger as one works on it from outside: the verbs of `desk_verbs.Desk`."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar, cast

import psycopg

from crawler.errors import LocalFaultError, StateError
from crawler.frontier.actions import Action
from crawler.frontier.answers import START, Changed, Cursor, Page, Soundness
from crawler.frontier.clock import AnyClocks, Clock
from crawler.frontier.postgres.account import account
from crawler.frontier.postgres.backup import backup
from crawler.frontier.postgres.clock import ServerClocks
from crawler.frontier.postgres.connection import Connection
from crawler.frontier.postgres.faults import error_of
from crawler.frontier.postgres.opening import connect, stage
from crawler.frontier.postgres.versions import check_here
from crawler.frontier.queries import Query
from crawler.frontier.questions import AboutServer, Integrity, Question
from crawler.frontier.sql.desk import asking, changing, overview
from crawler.frontier.sql.rows.course import heard
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sums import Sums
from crawler.model import Seconds
from crawler.state_address import StateServer

Answer = TypeVar("Answer")


@contextmanager
def ledger(
    server: StateServer, *, write: bool, clocks: AnyClocks | None = None
) -> Iterator["ServerLedger"]:
    """Open a ledger that is there; it is changed only if `write` says so.

    Raises:
        StateError: it cannot be used, or not just now; the message names the remedy.
    """
    db = _connected(server)
    with closing(db.server), _told(server):
        if write:
            stage(db)
        yield ServerLedger(server, db, clocks)


def _connected(server: StateServer) -> Connection:
    try:
        return connect(server, make=False)
    except LocalFaultError as error:
        raise StateError(str(error)) from error


@contextmanager
def _told(server: StateServer) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise StateError(str(error_of(server, error))) from error


class ServerLedger:
    """A ledger on a server that one works on from outside."""

    def __init__(self, server: StateServer, db: Connection, clocks: AnyClocks | None) -> None:
        self._server = server
        self._file = _File(server, db)
        clock = Clock(clocks or ServerClocks(lambda sql: db.server.execute(sql).fetchone()))
        self.now = clock.now
        with self._reading() as current:
            clock.hear(heard(current, clock.clocks.read))

    def sums(self, give_up: Seconds | None = None) -> Sums:
        with self._reading() as db:
            return overview.sums(db, self.now(), give_up)

    def page(self, query: Query[Answer], after: int = 0) -> Page[Answer]:
        with self._reading() as db:
            return asking.page(db, query, after)

    def entry(self, question: Question[Answer]) -> Answer:
        if isinstance(question, Integrity):  # the server sees to that
            return cast("Answer", Soundness((), whole=False))
        with self._reading() as db:
            if isinstance(question, AboutServer):
                return cast("Answer", account(db))
            return asking.entry(db, question)

    def change(self, action: Action, after: Cursor = START) -> Changed:
        with _told(self._server):
            return changing.change(self._file, action, self.now(), after)

    def backup(self, target: Path, *, force: bool = False) -> int:
        return backup(self._server, target, force=force)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _told(self._server), self._file.locked(write=False):
            yield self._file.db


class _File:
    """A connection whose transactions are slices of a change, or pages."""

    def __init__(self, server: StateServer, db: Connection) -> None:
        self._server = server
        self.db = db
        self.names = Names()

    @contextmanager
    def locked(self, *, write: bool = True) -> Iterator[None]:
        """Make a block one transaction; after one that writes others have the ledger as long."""
        server = self.db.server
        server.execute("BEGIN" if write else "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        try:
            if write:
                server.execute("LOCK TABLE gate IN EXCLUSIVE MODE")
                check_here(self.db, self._server)
            began = time.monotonic()  # others had the ledger until now
            yield
            server.execute("COMMIT")
        except BaseException:
            self.names.forget()
            if self.db.in_transaction and not server.broken:
                server.execute("ROLLBACK")
            raise
        if write:
            time.sleep(time.monotonic() - began)
