"""The state file as one works on it from outside: the verbs of `desk_verbs.Desk`.

A reader holds no transaction longer than a page, so that the daemon's checkpoints go on. A writer
leaves the file to others after each slice, for as long as it took.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from crawler.frontier.actions import Action
from crawler.frontier.answers import START, Changed, Cursor, Page
from crawler.frontier.clock import Clock, Clocks
from crawler.frontier.queries import Query
from crawler.frontier.questions import Integrity, Question
from crawler.frontier.sql.desk import asking, overview
from crawler.frontier.sql.rows.course import heard
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sqlite.file import older as older_ledger
from crawler.frontier.sqlite.file.backup import backup
from crawler.frontier.sqlite.file.damage import soundness
from crawler.frontier.sqlite.file.database import check_here, is_current
from crawler.frontier.sqlite.file.procedures import Connection
from crawler.frontier.sqlite.file.statefile import opened, told
from crawler.frontier.sums import Sums
from crawler.model import Seconds

Answer = TypeVar("Answer")


@contextmanager
def ledger(state: Path, *, write: bool, older: bool, clocks: Clocks) -> Iterator["SqliteLedger"]:
    """Open a state file that is there; `statefile.opened` says which and how."""
    with opened(state, write=write, older=older) as db:
        yield SqliteLedger(state, db, clocks)


class SqliteLedger:
    """A state file that one works on from outside."""

    def __init__(self, state: Path, db: Connection, clocks: Clocks) -> None:
        self._state = state
        self._file = _File(state, db)
        clock = Clock(clocks)
        self.now = clock.now
        with self._reading() as current:
            if is_current(current):
                clock.hear(heard(current, clocks.read))

    def sums(self, give_up: Seconds | None = None) -> Sums:
        with self._reading() as db:
            if not is_current(db):
                return older_ledger.sums(db)
            return overview.sums(db, self.now(), give_up)

    def page(self, query: Query[Answer], after: int = 0) -> Page[Answer]:
        with self._reading() as db:
            return asking.page(db, query, after)

    def entry(self, question: Question[Answer]) -> Answer:
        with self._reading() as db:
            if isinstance(question, Integrity):
                return cast("Answer", soundness(db, question))
            return asking.entry(db, question)

    def change(self, action: Action, after: Cursor = START) -> Changed:
        from crawler.frontier.sql.desk import changing  # noqa: PLC0415  a verb that asks writes nothing

        with told(self._state):
            return changing.change(self._file, action, self.now(), after)

    def backup(self, target: Path, *, force: bool = False) -> int:
        return backup(self._state, target, force=force)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with told(self._state), self._file.locked(write=False):
            yield self._file.db


class _File:
    """A connection whose transactions are slices of a change, or pages."""

    def __init__(self, state: Path, db: Connection) -> None:
        self._state = state
        self.db = db
        self.names = Names()

    @contextmanager
    def locked(self, *, write: bool = True) -> Iterator[None]:
        """Make a block one transaction; after one that writes others have the file as long."""
        self.db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        began = time.monotonic()
        try:
            if write:
                check_here(self.db, self._state)
            yield
            self.db.execute("COMMIT")
        except BaseException:
            self.names.forget()
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise
        if write:
            time.sleep(time.monotonic() - began)
