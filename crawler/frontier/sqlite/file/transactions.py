"""Verbs as transactions of one connection, which a private native thread owns.

The lock of the file is for SQLite alone: a verb that is called often makes its rows before it
begins, in temporary tables (see `staging`), and its values after it has ended. For after every
statement the thread has to win the interpreter back, and other processes wait meanwhile.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from crawler.errors import CrawlerError
from crawler.frontier.sql.held import Patience
from crawler.frontier.sql.procedures import Procedure
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.visits.leasing import TAKE_BACK
from crawler.frontier.sqlite.file import temporary
from crawler.frontier.sqlite.file.database import (
    check_version,
    checkpoint,
    connect,
    reader,
)
from crawler.frontier.sqlite.file.faults import error_of
from crawler.frontier.sqlite.file.locking import begin
from crawler.frontier.sqlite.file.merging import make_room
from crawler.frontier.sqlite.file.presence import Presence
from crawler.frontier.sqlite.file.procedures import Connection
from crawler.model import Seconds
from crawler.policy.remedies import Fault, fault_of
from crawler.threads import Native

P = ParamSpec("P")
T = TypeVar("T")
Verb = Callable[Concatenate[Connection, P], T]
"""A function of a connection and other values. It runs in the native thread."""


class Transactions:
    """A state file whose verbs run one after the other.

    Each begins with `BEGIN IMMEDIATE`, or with `BEGIN` where it only reads and waits for no writer.
    """

    def __init__(
        self,
        state: Path,
        procedures: Sequence[Procedure] = (),
        *,
        durable: bool,
        readonly: bool = False,
    ) -> None:
        self.state = state
        self._durable = durable
        self._readonly = readonly
        self._procedures = procedures
        self._native = Native(1)
        self.names = Names()
        self.patience = Patience()
        self.known: object = None
        """The `terms.Visitor` whose jobs are staged."""
        self.unanswered = False
        """Whether the last lease was committed and its answer not read."""
        self.written_at: Seconds = 0.0
        """Monotonic time at which the last transaction that writes was committed."""

    def open(self) -> None:
        """Open the state file.

        Raises:
            StateError: it cannot be used.
            LocalFaultError: not just now, for a fault of this machine.
        """
        self._native.__enter__()
        try:
            self._native.call(self._connect)
        except CrawlerError:
            self._native.__exit__()
            raise

    def close(self) -> None:
        """Close the file and end the thread; -wal and -shm stay, for readers who may not write."""
        self._native.call(self._disconnect)
        self._native.__exit__()

    def look(self) -> None:
        """See that the state file is still the one that was opened.

        Raises:
            LedgerLostError: it is not; from now on every verb raises that.
        """
        self._native.call(self._presence.look, self.db)

    def make_room(self) -> None:
        """Tidy the index of URLs, in the native thread; before a verb that adds some."""
        make_room(self)

    def write(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a verb that writes, and return what it returns.

        Raises:
            LocalFaultError: this machine refuses, as on a full disk; nothing was written.
            StateError: the file is damaged.
        """
        return self._native.call(self._transaction(verb, write=True), *args, **kwargs)

    beside = write
    """One writes at a time."""

    def stage(
        self, verb: "Callable[Concatenate[Transactions, P], T]", *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a verb that begins and ends its transaction itself, by `locked`.

        Raises:
            LocalFaultError, StateError: as `write` does.
        """
        return self._native.call(verb, self, *args, **kwargs)

    @contextmanager
    def locked(self, *, write: bool = True, beside: bool = False) -> Iterator[None]:  # noqa: ARG002  one writes at a time
        """Make a block one transaction, in the native thread; an error takes it back."""
        self._presence.require()
        unanswered = self.unanswered
        try:
            begin(self.db, self.patience, write=write)
            yield
            self.db.execute("COMMIT")
        except BaseException as error:
            self.names.forget()
            self.unanswered = unanswered  # temporary tables tell of the lease before it
            with suppress(sqlite3.Error):  # a disk that fails has done so already
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                self._name(error)
            raise
        self.written_at = time.monotonic() if write else self.written_at

    def note_lease(self, owner: int) -> None:  # noqa: ARG002  temporary tables have what it took
        """Note that a lease may have to be undone."""
        self.unanswered = True

    def undo_lease(self, owner: int, now: Seconds) -> None:
        """Undo the last lease, of which the temporary tables tell."""
        with self.locked():
            self.db.run(TAKE_BACK, {"owner": owner, "now": now})
        self.unanswered = False

    def _name(self, error: sqlite3.Error) -> None:
        """Raise what an error of SQLite means, if that can be told."""
        fault = fault_of(error)
        if fault is Fault.DAMAGED:  # so SQLite calls a file, too, that somebody has cut off
            self._presence.look(self.db)
        if fault is not Fault.UNKNOWN:
            raise error_of(self.state, error, opened=True) from error

    def read(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a verb that only reads, and return what it returns.

        Raises:
            LocalFaultError: this machine refuses.
        """
        return self._native.call(self._transaction(verb, write=False), *args, **kwargs)

    def _connect(self) -> None:
        opened = self._open_reader() if self._readonly else self._open_writer()
        try:
            self._reader = reader(self.state)
            self._presence = Presence(self.state)
        except BaseException:
            opened.close()
            raise
        self.db = opened

    def _open_writer(self) -> Connection:
        db = connect(self.state, durable=self._durable)
        temporary.set_up(db)
        for procedure in self._procedures:
            db.make(procedure)
        return db

    def _open_reader(self) -> Connection:
        db = reader(self.state)
        try:
            check_version(db, self.state)
        except BaseException:
            db.close()
            raise
        return db

    def _disconnect(self) -> None:
        """Close the writer first: what closes last and may write removes -wal and -shm by name.

        Another file may have these names by then; and a reader who may not write needs them.
        """
        if not self._readonly:
            checkpoint(self.db)
        self.db.close()
        self._reader.close()

    def _transaction(self, verb: Verb[P, T], *, write: bool) -> Callable[P, T]:
        """Return the verb as one transaction, to be run in the native thread."""

        def transaction(*args: P.args, **kwargs: P.kwargs) -> T:
            with self.locked(write=write):
                return verb(self.db, *args, **kwargs)

        return transaction
