"""`crawler backup`: a consistent copy of the ledger, made while the daemon goes on."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

from crawler.errors import StateError, UsageError
from crawler.frontier.sqlite.file.statefile import opened
from crawler.policy.remedies import Fault, fault_of, remedy, sentence
from crawler.rights import as_file


def backup(state: Path, target: Path, *, force: bool = False) -> int:
    """Write a consistent copy, whole or not at all, and return its length.

    The daemon goes on meanwhile; the copy is of the moment at which it began.
    """
    if target.exists() and target.samefile(state):
        raise UsageError(f"{target} is the state file itself; name another file")
    part = Part(target, force=force)
    try:
        part.make()
        with opened(state) as db, closing(sqlite3.connect(part.file, isolation_level=None)) as copy:
            db.execute("BEGIN")  # the one moment, for all steps
            db.execute("SELECT 1 FROM job").fetchone()
            _copy(db, copy, target)
            copy.execute("PRAGMA journal_mode = DELETE")
            _verify(copy, state)
        as_file(part.file, state)
        return part.put()
    finally:
        part.remove()


def _copy(db: Connection, copy: Connection, target: Path) -> None:
    try:
        db.backup(copy, pages=4096)
    except sqlite3.Error as error:
        if fault_of(error) is Fault.FULL:  # the state file is only read
            raise StateError(remedy(error, target)) from error
        raise


def _verify(copy: Connection, state: Path) -> None:
    (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise StateError(sentence(Fault.DAMAGED, state, f"{found}; no backup was made"))


class Part:
    """The file that a backup is written to, until it is whole.

    Raises:
        UsageError: there is a backup already, and it may not be overwritten by `force`.
    """

    def __init__(self, target: Path, *, force: bool) -> None:
        if target.exists() and not force:
            raise UsageError(f"{target} is there already; --force overwrites it")
        self._target = target
        self.file = target.with_name(f"{target.name}.part")

    def make(self) -> None:
        """Make it, empty, for this user alone.

        Raises:
            StateError: it cannot be made.
        """
        try:
            self.file.unlink(missing_ok=True)
            self.file.touch(mode=0o600)
        except OSError as error:
            raise StateError(remedy(error, self._target)) from error

    def put(self) -> int:
        """Give it its name once it is surely on the disk; return its length."""
        with self.file.open("rb+") as file:
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        self.file.replace(self._target)
        folder = os.open(self._target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return size

    def remove(self) -> None:
        """Remove what is left of it."""
        for suffix in ("", "-wal", "-shm", "-journal"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
