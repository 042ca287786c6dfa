"""A state file at either end of a copy."""

import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from crawler.errors import UsageError
from crawler.frontier.copying import ends, marks
from crawler.frontier.copying.tables import Key, Row, Table, without_rows
from crawler.frontier.process import Process
from crawler.frontier.sql.tables.ledger import APPLICATION_ID, TABLES, VERSION
from crawler.frontier.sqlite.file.database import OPEN_WAIT_S, has_table, statements
from crawler.frontier.sqlite.file.faults import error_of
from crawler.frontier.sqlite.file.procedures import Connection
from crawler.frontier.sqlite.file.statefile import opened, told
from crawler.rights import make_folder, make_ledger

_NUMBER = "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)"


@contextmanager
def source(state: Path) -> Iterator["FileSource"]:
    """Open a ledger that is there and is to be moved; nobody writes to it until the end.

    Raises:
        StateError: it cannot be used, or another program holds it.
    """
    with opened(state, write=True) as db:
        db.execute("BEGIN IMMEDIATE")
        yield FileSource(state, db)


class FileSource:
    """A state file that is moved."""

    def __init__(self, state: Path, db: Connection) -> None:
        self._state = state
        self._db = db

    def page(self, table: Table, after: Key | None, number: int) -> list[Row]:
        with told(self._state):
            return ends.page(self._db, table, after, number)

    def uid(self) -> str:
        with told(self._state):
            return ends.uid(self._db)

    def numbers(self) -> Mapping[str, int]:
        return dict(self._db.execute("SELECT name, seq FROM sqlite_sequence").fetchall())

    def moved_to(self) -> str:
        return marks.place_of(self._db) if has_table(self._db, marks.MOVED) else ""

    def living(self) -> list[Process]:
        return ends.living(self._db, time.time())

    def retire(self, place: str) -> None:
        with told(self._state):
            marks.retire(self._db, place)
            self._db.execute("COMMIT")

    def bring_back(self) -> None:
        with told(self._state):
            marks.bring_back(self._db, secrets.token_hex(16))
            self._db.execute("COMMIT")


@contextmanager
def copy(state: Path) -> Iterator["FileCopy"]:
    """Open the state file of a copy, which may not be there yet.

    Raises:
        StateError, LocalFaultError: it cannot be written.
    """
    with closing(_made(state)) as db:
        yield FileCopy(state, db)


def _made(state: Path) -> Connection:
    try:
        make_folder(state.parent)
        make_ledger(state)
        return sqlite3.connect(state, isolation_level=None, timeout=OPEN_WAIT_S, factory=Connection)
    except (sqlite3.Error, OSError) as error:
        raise error_of(state, error) from error


class FileCopy:
    """A state file that is being made. Nothing is synced before it is released."""

    def __init__(self, state: Path, db: Connection) -> None:
        self._state = state
        self._db = db
        self._begin, self._end = without_rows(statements(TABLES))

    def is_released(self, uid: str) -> bool:
        with told(self._state):
            if not has_table(self._db, "ledger") or has_table(self._db, marks.COPYING):
                return False
            return ends.uid(self._db) == uid

    def begin(self, uid: str) -> None:
        with told(self._state):
            if not self._is_begun(uid):
                self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
        with self._locked():
            if not self._is_begun(uid):
                self._make(uid)

    def _is_begun(self, uid: str) -> bool:
        if not self._db.execute("SELECT 1 FROM sqlite_schema").fetchone():
            return False
        if not has_table(self._db, marks.COPYING):
            raise UsageError(f"{self._state} is there already: name a file that is not")
        if marks.copied_uid(self._db) != uid:
            raise marks.unfinished_error(self._state)
        return True

    def _make(self, uid: str) -> None:
        for statement in self._begin:
            self._db.execute(statement)
        marks.begin_copy(self._db, uid)
        self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._db.execute(f"PRAGMA user_version = {VERSION}")

    def page(self, table: Table, after: Key | None, number: int) -> list[Row]:
        with told(self._state):
            return ends.page(self._db, table, after, number)

    def position(self, table: Table) -> ends.Position | None:
        with told(self._state):
            return marks.position(self._db, table)

    def put(self, table: Table, rows: Sequence[Row], position: ends.Position) -> None:
        columns, places = ", ".join(table.columns), ", ".join("?" * len(table.columns))
        with self._locked():
            self._db.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({places})", rows)
            marks.note(self._db, table, position)

    def clear(self, table: Table) -> None:
        with self._locked():
            marks.clear(self._db, table)

    def finish(self, numbers: Mapping[str, int]) -> None:
        with self._locked():
            for statement in self._end:
                self._db.execute(statement)
            self._db.execute("DELETE FROM sqlite_sequence")
            self._db.executemany(_NUMBER, numbers.items())

    def release(self) -> None:
        with told(self._state):
            self._db.execute("PRAGMA synchronous = FULL")
            with self._locked():
                marks.end_copy(self._db)
            self._db.execute("PRAGMA journal_mode = DELETE")  # the file alone has all

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with told(self._state):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
