"""How long the lock of a state file is held and waited for, by what it is held for.

A checkpoint follows a commit, when the lock is free again; the watch makes it, and counts it not.
"""

import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crawler.frontier.sqlite.file.database import WAL_PAGES
from crawler.frontier.sqlite.file.transactions import Transactions

WAL_BYTES = WAL_PAGES * 4096


@dataclass
class Held:
    """What was seen of one verb: seconds of the clock, and of CPU of the thread that holds."""

    times: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    longest_wall_s: float = 0.0
    longest_cpu_s: float = 0.0
    waited_s: float = 0.0

    def add(self, waited_s: float, wall_s: float, cpu_s: float) -> None:
        """Count one transaction."""
        self.times += 1
        self.waited_s += waited_s
        self.wall_s += wall_s
        self.cpu_s += cpu_s
        self.longest_wall_s = max(self.longest_wall_s, wall_s)
        self.longest_cpu_s = max(self.longest_cpu_s, cpu_s)


class Watch:
    """Sees all transactions of this process that write; `verb` says what they are for."""

    def __init__(self) -> None:
        self.verb = ""
        self.held: dict[str, Held] = {}

    def __enter__(self) -> "Watch":
        self._locked, mine = Transactions.locked, self

        @contextmanager
        def locked(file, *, write=True, beside=False):
            asked = time.perf_counter()
            with mine._locked(file, write=write, beside=beside):
                begun, cpu = time.perf_counter(), time.thread_time()
                yield
            if write:
                times = time.perf_counter() - begun, time.thread_time() - cpu
                mine.held.setdefault(mine.verb, Held()).add(begun - asked, *times)
                mine.checkpoint(file)

        Transactions.locked = locked
        return self

    def __exit__(self, *_: object) -> None:
        Transactions.locked = self._locked

    @staticmethod
    def checkpoint(file: Transactions) -> None:
        """Copy the log into the file where SQLite would have: after so many pages."""
        file.db.execute("PRAGMA wal_autocheckpoint = 0")
        if Path(f"{file.state}-wal").stat().st_size > WAL_BYTES:
            file.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
