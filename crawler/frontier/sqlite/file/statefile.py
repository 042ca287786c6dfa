"""The state file as one opens it from outside, with a daemon at work on it or without one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from crawler.errors import StateError
from crawler.frontier.copying import marks
from crawler.frontier.sql.tables.ledger import APPLICATION_ID, VERSION
from crawler.frontier.sqlite.file.database import has_table, is_migrating, older_error
from crawler.frontier.sqlite.file.faults import error_of
from crawler.frontier.sqlite.file.procedures import Connection
from crawler.model import Seconds

BUSY_S: Seconds = 4.0
"""How long a verb waits for another program that writes, before it says so."""


@contextmanager
def opened(
    state: Path,
    *,
    write: bool = False,
    older: bool = False,
) -> Iterator[Connection]:
    """Open a state file that is there; it is never made, and changed only if that is wanted.

    A file of an older crawler is opened where `older` says so.

    Raises:
        StateError: it cannot be used, or turns out to be damaged; the message names the remedy.
    """
    if not state.exists():
        raise StateError(
            f"{state} is not there. A daemon makes it when it starts; if one has run, look for "
            "its `crawler.state` elsewhere"
        )
    if state.is_dir():
        raise StateError(f"{state} is a folder; name the file in it")
    if not state.is_file():  # a pipe would be waited for
        raise StateError(f"{state} is no file; put the ledger back")
    uri = f"{state.absolute().as_uri()}?mode={'rw' if write else 'ro'}"
    with (
        told(state),
        closing(
            sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_S, factory=Connection)
        ) as db,
    ):
        _check(db, state, older=older)
        yield db


@contextmanager
def told(state: Path) -> Iterator[None]:
    """Have faults of a state file told as such, each with its remedy."""
    try:
        yield
    except sqlite3.Error as error:
        raise StateError(str(error_of(state, error))) from error


def _check(db: Connection, state: Path, *, older: bool) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not tables:
        raise StateError(f"{state} is empty; a daemon fills it when it starts")
    if application != APPLICATION_ID:
        raise StateError(f"{state} is a database of another program; name the crawler's own")
    if has_table(db, marks.COPYING):
        raise marks.unfinished_error(state)
    if version > VERSION:
        raise StateError(
            f"{state} was written by a newer crawler (schema {version}, this one knows {VERSION}); "
            "use the `crawler` of that version"
        )
    if not older and (version < VERSION or is_migrating(db)):
        raise older_error(db, state, version)
