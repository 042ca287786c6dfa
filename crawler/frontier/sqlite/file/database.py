"""Opening a state file: it is made, or checked."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from crawler.errors import OlderLedgerError, StateError
from crawler.frontier.copying import marks
from crawler.frontier.process import Process, current
from crawler.frontier.sql.tables.ledger import APPLICATION_ID, TABLES, VERSION
from crawler.frontier.sqlite.file.faults import error_of
from crawler.frontier.sqlite.file.procedures import Connection
from crawler.model import Seconds
from crawler.rights import make_folder, make_ledger

OPEN_WAIT_S: Seconds = 5.0
"""How long another process may write before opening is given up; a daemon then tries again."""
MIN_SQLITE = (3, 37, 0)
WAL_PAGES = 16_384
"""Pages of the write-ahead log (64 MB) after which they are copied into the file."""


def connect(state: Path, *, durable: bool) -> Connection:
    """Open a state file, making it if there is none; `durable` syncs every transaction.

    Raises:
        StateError: the file is not a state file, is damaged, or comes from another crawler.
        LocalFaultError: it cannot be opened for a fault of this machine that may pass.
    """
    if sqlite3.sqlite_version_info < MIN_SQLITE:
        raise StateError(f"SQLite {sqlite3.sqlite_version} is too old; 3.37 or newer is needed")
    try:
        make_folder(state.parent)
        make_ledger(state)
        db = sqlite3.connect(
            state,
            isolation_level=None,
            timeout=OPEN_WAIT_S,
            cached_statements=256,
            factory=Connection,
        )
        try:
            _create_or_check(db, state)
            _set_up(db, durable=durable)
        except BaseException:
            db.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise error_of(state, error) from error
    return db


def reader(state: Path) -> Connection:
    """Open a state file that is there for reading alone, and hold its files as they are.

    Raises:
        StateError, LocalFaultError: it cannot be read.
    """
    uri = f"{state.absolute().as_uri()}?mode=ro"
    try:
        db = sqlite3.connect(uri, uri=True, isolation_level=None, factory=Connection)
        try:
            db.execute("SELECT 1 FROM sqlite_schema").fetchone()
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as error:
        raise error_of(state, error) from error
    return db


def checkpoint(db: Connection) -> None:
    """Copy the write-ahead log into the file, so that the file alone has all; others may forbid."""
    with suppress(sqlite3.Error):
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _create_or_check(db: Connection, state: Path) -> None:
    db.execute("BEGIN IMMEDIATE")
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables:
        check_version(db, state)
        check_here(db, state)
    else:
        for statement in statements(TABLES):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    # This is written though it may stand there: SQLite opens what may not be written for reading.
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")


def is_newer(db: Connection) -> bool:
    """Tell whether a newer crawler has migrated the file since it was opened."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return bool(version > VERSION)


def is_current(db: Connection) -> bool:
    """Tell whether a file has the tables of today, and not those of an older crawler."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return bool(version == VERSION) and not is_migrating(db)


def is_migrating(db: Connection) -> bool:
    """Tell whether a migration has begun and is not at its end."""
    return has_table(db, "migration")


def is_moved(db: Connection) -> bool:
    """Tell whether the ledger goes on elsewhere."""
    return has_table(db, marks.MOVED)


def has_table(db: Connection, name: str) -> bool:
    """Tell whether a file has a table."""
    found = db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,))
    return found.fetchone() is not None


def check_here(db: Connection, state: Path) -> None:
    """See that the ledger was not moved elsewhere, before something is written.

    Raises:
        StateError: it was.
    """
    if is_moved(db):
        raise marks.moved_error(state, marks.place_of(db))


def check_version(db: Connection, state: Path) -> None:
    """See that a state file is one of ours, and as new as this crawler.

    Raises:
        StateError: it is not; OlderLedgerError where a daemon migrates it.
    """
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise StateError(f"{state} is a database of another program; name another file as state")
    if has_table(db, marks.COPYING):
        raise marks.unfinished_error(state)
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StateError(
            f"{state} was written by a newer crawler (schema {version}, this one knows {VERSION}); "
            "install that version, or name another file as state"
        )
    if version < VERSION or is_migrating(db):
        raise older_error(db, state, version)


def living(db: Connection) -> list[Process]:
    """Return the processes whose rows are in a file of any version, and that are not dead."""
    machine, now = current().machine, time.time()
    rows = db.execute("SELECT machine, pid, born, lease_until FROM process").fetchall()
    found = [(Process(*row), until) for *row, until in rows]
    return [one for one, until in found if one.may_live(machine, until, now)]


def older_error(db: Connection, state: Path, version: int) -> OlderLedgerError:
    """Return the error about a state file of an older crawler: what its migration waits for."""
    words = f"{state} was written by an older crawler (schema {version}, this one needs {VERSION})"
    if is_migrating(db):
        return OlderLedgerError(
            f"{state} is being migrated to schema {VERSION}: wait until that is done; if no daemon "
            "runs, start it to go on"
        )
    pids = ", ".join(str(one.pid) for one in living(db))
    if pids:
        return OlderLedgerError(
            f"{words}, and processes of it still work on it: {pids}. `crawler run` waits until "
            "they have ended, and migrates it then; TERM ends them"
        )
    return OlderLedgerError(f"{words}; start the daemon once to migrate it")


def _set_up(db: Connection, *, durable: bool) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    db.execute("PRAGMA cache_size = -65536")
    # Every checkpoint syncs; a long list touches pages all over its index, again and again.
    db.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    db.execute("PRAGMA busy_timeout = 0")  # from here on `begin` waits


def statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; executescript would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
