"""Opening a state file: it is made, checked, or brought to the version of today."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from crawler.errors import StateError
from crawler.frontier.locking import MAX_WAIT_S
from crawler.frontier.migrations import MIGRATIONS
from crawler.frontier.schema import APPLICATION_ID, TABLES, VERSION

MIN_SQLITE = (3, 37, 0)
WAL_PAGES = 16_384
"""Pages of the write-ahead log (64 MB) after which they are copied into the file."""


def connect(state: Path, *, durable: bool) -> sqlite3.Connection:
    """Open a state file, making it if there is none.

    Raises:
        StateError: the file is not a state file, is damaged, or comes from a newer crawler.
    """
    if sqlite3.sqlite_version_info < MIN_SQLITE:
        raise StateError(f"SQLite {sqlite3.sqlite_version} is too old; 3.37 or newer is needed")
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(state, isolation_level=None, timeout=MAX_WAIT_S, cached_statements=256)
        try:
            _create_or_check(db, state)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            db.execute("PRAGMA cache_size = -65536")
            # Every checkpoint syncs; a long list touches pages all over its index, again and again.
            db.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
            db.execute("PRAGMA busy_timeout = 0")  # from here on `begin` waits
        except BaseException:
            db.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise StateError(
            f"{state}: cannot be used as the state file: {error}. Restore a backup, or move it "
            "away to start afresh"
        ) from error
    return db


def _create_or_check(db: sqlite3.Connection, state: Path) -> None:
    db.execute("BEGIN IMMEDIATE")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not tables:
        for statement in _statements(TABLES):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")
    elif application != APPLICATION_ID:
        raise StateError(f"{state} is a database of another program; name another file as state")
    elif version > VERSION:
        raise StateError(
            f"{state} was written by a newer crawler (schema {version}, this one knows {VERSION}); "
            "install that version, or name another file as state"
        )
    for step in range(version if tables else VERSION, VERSION):
        for statement in _statements(MIGRATIONS[step]):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {step + 1}")
    db.execute("COMMIT")


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; executescript would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
