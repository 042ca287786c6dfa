"""A program whose statements to SQLite are counted, as `within` of a daemon or of `crawler web`.

    python tests/rigs/statements.py COUNTS python -m crawler run …

COUNTS is a file of eight bytes, which grows with each statement; `counted` reads it.
"""

import _thread
import mmap
import os
import runpy
import sqlite3
import struct
import sys
from pathlib import Path
from typing import Any

_NUMBER = struct.Struct("<Q")


def within(counts: Path) -> list[str]:
    """Return the surroundings in which a program's statements are counted."""
    counts.write_bytes(_NUMBER.pack(0))
    return [sys.executable, __file__, str(counts)]


def counted(counts: Path) -> int:
    """Return how many statements there were by now."""
    (number,) = _NUMBER.unpack(counts.read_bytes())
    return number


def _count(counts: str) -> None:
    """Have every connection that is opened from here on count what it executes."""
    descriptor = os.open(counts, os.O_RDWR)
    shared = mmap.mmap(descriptor, _NUMBER.size)
    lock = _thread.allocate_lock()  # of the system: connections live in native threads
    connect = sqlite3.connect

    def note(statement: str) -> None:
        if not statement.startswith("--"):  # of a trigger: a part of another one
            with lock:
                _NUMBER.pack_into(shared, 0, _NUMBER.unpack_from(shared)[0] + 1)

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(note)
        return connection

    sqlite3.connect = connected  # type: ignore[assignment]


if __name__ == "__main__":
    _count(sys.argv[1])
    _, _, _, _, name, *words = sys.argv  # … python -m crawler …
    sys.argv = [name, *words]
    sys.path.pop(0)  # the folder of this file
    runpy.run_module(name, run_name="__main__", alter_sys=True)
