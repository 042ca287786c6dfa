"""`crawler backup`: a consistent copy of the ledger, made while the daemon goes on."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from crawler.errors import StateError, UsageError
from crawler.ledger.statefile import REPAIR, Connection, opened


def backup(state: Path, target: Path, *, force: bool = False) -> int:
    """Write a consistent copy, whole or not at all, and return its length.

    The daemon goes on meanwhile; the copy is of the moment at which it began.
    """
    if target.exists() and target.samefile(state):
        raise UsageError(f"{target} is the state file itself; name another file")
    if target.exists() and not force:
        raise UsageError(f"{target} is there already; --force overwrites it")
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        with opened(state) as db, closing(sqlite3.connect(part, isolation_level=None)) as copy:
            db.execute("BEGIN")  # the one moment, for all steps
            db.execute("SELECT 1 FROM job").fetchone()
            db.backup(copy, pages=4096)
            copy.execute("PRAGMA journal_mode = DELETE")
            _verify(copy, state)
        shutil.copymode(state, part)
        return _put(part, target)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def _verify(copy: Connection, state: Path) -> None:
    (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        remedy = REPAIR.format(file=state)
        raise StateError(f"{state} is damaged: {found}. No backup was made. {remedy}")


def _put(part: Path, target: Path) -> int:
    """Give a file its name once it is surely on the disk."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return size
