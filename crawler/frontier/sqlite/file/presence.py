"""Whether the files of a state file are still those that were opened. Runs in the native thread.

A process that has a deleted file open goes on writing to it, and SQLite says nothing. The files are
looked at by `stat` alone: closing one that was opened anew would take away SQLite's locks on it
(SQLite, "How To Corrupt An SQLite Database File", section 2.2).
"""

import sqlite3
from pathlib import Path

from crawler.errors import LedgerLostError, LocalFaultError

SUFFIXES = ("", "-wal", "-shm")


class Presence:
    """Device and inode of each file, and the size of the state file, as they were last."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._files = [state.with_name(state.name + suffix) for suffix in SUFFIXES]
        self._found = {file: _which(file) for file in self._files}
        self._size = state.stat().st_size
        self._lost = ""

    def require(self) -> None:
        """See that nothing was noticed by `look`.

        Raises:
            LedgerLostError: something was.
        """
        if self._lost:
            raise LedgerLostError(self._lost)

    def look(self, db: sqlite3.Connection) -> None:
        """See that every file is the one that was opened, and that the state file is whole.

        Raises:
            LedgerLostError: one was deleted, replaced or truncated.
            LocalFaultError: they cannot be looked at just now.
        """
        gone = [file for file in self._files if _which(file) != self._found[file]]
        if gone:
            what = "replaced" if gone[0].exists() else "deleted"
            self._lost = (
                f"{gone[0]} was {what} while this process worked with it; stop every process, and "
                f"put back {self._state} as it was, or what `crawler backup` wrote"
            )
        elif self._truncated(db):
            self._lost = (
                f"{self._state} was truncated while this process worked with it; stop every "
                "process, and put back what `crawler backup` wrote"
            )
        self.require()

    def _truncated(self, db: sqlite3.Connection) -> bool:
        """Tell whether the file lost pages that it needs; pages that are new may be in -wal yet."""
        before, self._size = self._size, self._state.stat().st_size
        if self._size >= before:
            return False
        try:
            (pages,) = db.execute("PRAGMA page_count").fetchone()
            (length,) = db.execute("PRAGMA page_size").fetchone()
        except sqlite3.DatabaseError:  # not even its first page can be read any more
            return True
        return bool(self._size < max(1, pages) * length)


def _which(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LocalFaultError(f"{file}: {error.strerror}") from error
    return found.st_dev, found.st_ino
