"""Both ends of a copy: the ledger that is copied, and the one that is being made."""

import json
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple, Protocol

from crawler.frontier.copying.digest import Digest
from crawler.frontier.copying.tables import Key, Row, Table
from crawler.frontier.process import Process, current
from crawler.frontier.sql.connection import Connection
from crawler.model import Seconds


class Position(NamedTuple):
    """How far a table is copied: the key of its last row, and the digest of all rows so far."""

    after: Key
    digest: Digest

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps([self.after, self.digest.says()])

    @classmethod
    def of(cls, text: str) -> "Position":
        """Return what `text` was made of."""
        after, digest = json.loads(text)
        return cls(tuple(after), Digest.said(digest))


class Rows(Protocol):
    """A ledger whose tables are read."""

    def page(self, table: Table, after: Key | None, number: int) -> list[Row]:
        """Return rows of a table by their keys, from the first beyond `after` on."""


class Origin(Rows, Protocol):
    """The ledger that is copied, as of one moment."""

    def uid(self) -> str:
        """Return its id."""

    def numbers(self) -> Mapping[str, int]:
        """Return the last number that each table has given, where it gives none again."""


class Source(Origin, Protocol):
    """The ledger that is moved: nobody writes to it until the end."""

    def moved_to(self) -> str:
        """Return where it was moved to, '' if it was not."""

    def living(self) -> list[Process]:
        """Return the processes that work on it; one of another machine while its lease holds."""

    def retire(self, place: str) -> None:
        """Note where it was moved to: from now on nobody writes to it."""

    def bring_back(self) -> None:
        """Have it go on, though it was moved: as another ledger, so with another id."""


class Copy(Rows, Protocol):
    """The ledger that is being made; it is no ledger for others until it is released."""

    def is_released(self, uid: str) -> bool:
        """Tell whether the ledger `uid` is there, and is no copy any more."""

    def begin(self, uid: str) -> None:
        """Make the tables of a copy of the ledger `uid`, if it is not begun.

        Raises:
            UsageError: something else is there.
        """

    def position(self, table: Table) -> Position | None:
        """Return how far a table is copied."""

    def put(self, table: Table, rows: Sequence[Row], position: Position) -> None:
        """Add rows to a table, and note how far it is copied, in one transaction."""

    def clear(self, table: Table) -> None:
        """Have a table begin anew."""

    def finish(self, numbers: Mapping[str, int]) -> None:
        """Make what a ledger has beside its rows; numbers up to these are not given again."""

    def release(self) -> None:
        """Have it be a ledger, durably."""


def page(
    db: Connection, table: Table, after: Key | None, number: int, flags: Container[str] = ()
) -> list[Row]:
    """Return rows of a table, by a connection of either engine; `flags` as for `Table.page`."""
    return [*map(tuple, db.execute(table.page(after, flags), (*(after or ()), number)).fetchall())]


def living(db: Connection, now: Seconds) -> list[Process]:
    """Return the processes that work on a ledger."""
    machine = current().machine
    rows = db.execute("SELECT machine, pid, born, lease_until FROM process").fetchall()
    found = [(Process(*row), until) for *row, until in rows]
    return [one for one, until in found if one.may_live(machine, until, now)]


def uid(db: Connection) -> str:
    """Return the id of a ledger."""
    return str(db.execute("SELECT uid FROM ledger").fetchone()[0])
