"""A connection for reading alone, in a native thread of its own: it waits for nobody who writes.

SQLite's readers see the last commit while another connection writes; the connection that writes
cannot be asked meanwhile, for its thread waits for the file.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from crawler.frontier.sqlite.file.database import reader
from crawler.frontier.sqlite.file.faults import error_of
from crawler.frontier.sqlite.file.procedures import Connection
from crawler.frontier.wishes import Heard
from crawler.threads import Native

Hear = Callable[[Connection, int, int], Heard]


class Ear:
    """Hears for one process; it opens the file when it is first asked."""

    def __init__(self, state: Path, hear: Hear) -> None:
        self._state = state
        self._hear = hear
        self._native = Native(1)
        self._db: Connection | None = None
        self._version = 0
        """Grows whenever another connection commits (SQLite, "PRAGMA data_version")."""
        self._number = -1
        """Of the wishes that were read then."""

    def open(self) -> None:
        """Make the thread ready."""
        self._native.__enter__()

    def close(self) -> None:
        """Close what was opened, and end the thread."""
        self._native.call(self._close)
        self._native.__exit__()

    def hear(self, owner: int, after: int) -> Heard:
        """Return what a process is to hear.

        Raises:
            LocalFaultError, StateError: the file cannot be read.
        """
        return self._native.call(self._heard, owner, after)

    def _heard(self, owner: int, after: int) -> Heard:
        try:
            db = self._db = self._db or reader(self._state)
            (version,) = db.execute("PRAGMA data_version").fetchone()
            if version == self._version and after == self._number:
                return Heard(after, None)
            db.execute("BEGIN")
            try:
                heard = self._hear(db, owner, after)
            finally:
                db.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise error_of(self._state, error, opened=True) from error
        self._version, self._number = version, heard.number
        return heard

    def _close(self) -> None:
        if self._db:
            self._db.close()
