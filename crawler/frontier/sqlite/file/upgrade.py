"""The upgrade: a state file of an older crawler becomes one of today, in slices.

Each slice is one transaction, which also records how far the scripts are (table `migration`), so a
stop or a crash costs one slice, and two processes may work on one file. From the first slice on the
file has the version of today, so no older crawler opens it any more; the way back is the copy.
"""

import glob
import os
import secrets
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple, Self

from crawler.errors import OlderLedgerError, StateError
from crawler.frontier.process import Process
from crawler.frontier.sql.tables.ledger import APPLICATION_ID, VERSION
from crawler.frontier.sqlite.file.database import (
    check_version,
    is_migrating,
    living,
    reader,
    statements,
)
from crawler.frontier.sqlite.file.faults import error_of
from crawler.frontier.sqlite.file.migrations import MIGRATIONS
from crawler.frontier.sqlite.file.procedures import Connection
from crawler.threads import Native
from crawler.urls import bucket_of, host_of

TASKS_AT_ONCE = 20_000
"""Tasks or hosts of one slice."""
COPY_PAGES = 4096
"""Pages that are copied between two looks for a stop."""
BUSY_S = 30.0
LEFT_S = 3600.0
"""Age of a part to which nobody writes any more."""
_LAST = "SELECT max(ifnull((SELECT max(id) FROM task), 0), ifnull((SELECT max(id) FROM host), 0))"
_POSITION = """
CREATE TABLE migration (
    version INTEGER NOT NULL, statement INTEGER NOT NULL, after INTEGER NOT NULL) STRICT"""


class _Position(NamedTuple):
    """Where the scripts are: the version that one begins with, its statement, the last task."""

    version: int
    statement: int = 0
    after: int = 0


class _CancelledError(Exception):
    """The copy is not wanted any more."""


class Upgrade:
    """The upgrade of one state file; its verbs run in a native thread of their own."""

    version = VERSION
    """The version that it is brought to."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._native = Native(1)
        self.cancelled = False
        """Set it to end `copy` early."""

    def __enter__(self) -> Self:
        self._native.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._native.__exit__()

    def needed(self) -> int | None:
        """Return the version of a file that is older, None if there is nothing to do."""
        return self._native.call(self._needed)

    def living(self) -> list[Process]:
        """Return the processes that still work on the file: as long as it is older, they are too.

        A process of another machine counts while its lease holds.
        """
        return self._native.call(self._living)

    def copy(self) -> Path | None:
        """Copy the file to STATE.vN, whole or not at all, and return that.

        None is returned if it was cancelled, or if there is no older file to be copied any more.
        """
        return self._native.call(self._copy)

    def step(self) -> bool:
        """Make one slice; return whether there are more.

        Raises:
            StateError, LocalFaultError: the file cannot be changed.
        """
        return self._native.call(self._step)

    def _needed(self) -> int | None:
        if not self._state.exists() or not self._state.stat().st_size:
            return None
        _sweep(self._state)
        with closing(reader(self._state)) as db:
            try:
                check_version(db, self._state)
            except OlderLedgerError:
                (version,) = db.execute("PRAGMA user_version").fetchone()
                return int(version)
            except StateError:
                return None  # whoever opens it says why it cannot be used
        return None

    def _living(self) -> list[Process]:
        with closing(reader(self._state)) as db:
            return [] if is_migrating(db) else living(db)

    def _copy(self) -> Path | None:
        with closing(reader(self._state)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            target = self._state.with_name(f"{self._state.name}.v{version}")
            part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
            try:
                if version >= VERSION or not self._copied(db, part, version):
                    return None
                part.replace(target)
            except sqlite3.Error as error:
                raise error_of(target, error) from error
            finally:
                for suffix in ("", "-journal", "-wal", "-shm"):
                    part.with_name(part.name + suffix).unlink(missing_ok=True)
        return target

    def _copied(self, db: Connection, part: Path, version: int) -> bool:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            try:
                db.backup(copy, pages=COPY_PAGES, progress=self._look)
            except _CancelledError:
                return False
            copy.execute("PRAGMA journal_mode = DELETE")
            (copied,) = copy.execute("PRAGMA user_version").fetchone()
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        return bool(copied == version)

    def _look(self, *_: object) -> None:
        if self.cancelled:
            raise _CancelledError

    def _opened(self) -> Connection:
        return sqlite3.connect(
            self._state, isolation_level=None, timeout=BUSY_S, factory=Connection
        )

    def _step(self) -> bool:
        try:
            with closing(self._opened()) as db:
                for function in (bucket_of, host_of):
                    db.create_function(function.__name__, 1, function, deterministic=True)
                return slice_of(db)
        except sqlite3.Error as error:
            raise error_of(self._state, error) from error


def _sweep(state: Path) -> None:
    """Remove what processes left that died while they copied; another may be copying now."""
    for part in state.parent.glob(f"{glob.escape(state.name)}.v*.*.part*"):
        with suppress(FileNotFoundError):
            if part.stat().st_mtime < time.time() - LEFT_S:
                part.unlink()


def slice_of(db: Connection) -> bool:
    """Make one slice of what is left, in one transaction; return whether there is more."""
    db.execute("BEGIN IMMEDIATE")
    try:
        more = _advanced(db)
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    return more


def _advanced(db: Connection) -> bool:
    """Go on to the end of a slice; begin, if nobody did and no older process lives."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        return False
    if not is_migrating(db):
        if version >= VERSION or living(db):
            return False
        db.execute(_POSITION)
        db.execute("INSERT INTO migration VALUES (?, 0, 0)", (version,))
        db.execute(f"PRAGMA user_version = {VERSION}")
    at = _Position(*db.execute("SELECT * FROM migration").fetchone())
    while at.version < VERSION:
        script = list(statements(MIGRATIONS[at.version]))
        sliced = ":after" in script[at.statement]
        at = _made(db, script, at, sliced=sliced)
        if sliced:
            break
    if at.version == VERSION:
        db.execute("DROP TABLE migration")
        return False
    db.execute("UPDATE migration SET version = ?, statement = ?, after = ?", at)
    return True


def _made(db: Connection, script: list[str], at: _Position, *, sliced: bool) -> _Position:
    """Run a statement, or a slice of it; return where to go on."""
    upto = at.after + TASKS_AT_ONCE
    if sliced:
        db.execute(script[at.statement], {"after": at.after, "upto": upto})
        (last,) = db.execute(_LAST).fetchone()
        if upto < last:
            return at._replace(after=upto)
    else:
        db.execute(script[at.statement])
    if at.statement + 1 < len(script):
        return _Position(at.version, at.statement + 1)
    return _Position(at.version + 1)
