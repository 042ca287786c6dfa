"""What the verbs ask of an engine's connection. It has the shape of sqlite3's (PEP 249)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from crawler.frontier.sql.procedures import Procedure

Parameters = Sequence[Any] | Mapping[str, Any]
"""Values for the `?`, or for each `:name`, of a statement."""


Numbered = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""Names of columns, and rows of them."""


class NotAloneError(Exception):
    """A verb that writes beside others has come to what it may do alone only; it begins again."""


class Cursor(Protocol):
    """The rows of a statement, or how many it has changed."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:
        """Return the next row; None at the end."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Return the rows that are left."""


class Connection(Protocol):
    """A connection to a ledger, within a transaction."""

    @property
    def alone(self) -> bool:
        """Whether no other transaction writes during this one."""

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """Run a statement."""

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """Run a statement once for each of these."""

    def fill(self, tables: Mapping[str, Sequence[Sequence[Any]]], /) -> None:
        """Make these the rows of temporary tables, by name, before a transaction begins."""

    def number(self, tables: Mapping[str, Numbered], /) -> None:
        """Make these the rows of temporary tables, and number them by `nth`, from 0; none of bytes.

        It is for many rows.
        """

    def run(self, procedure: Procedure, values: Mapping[str, Any], /) -> None:
        """Run the statements of a procedure with these values, among others, as parameters.

        Raises:
            LeaseLostError: it is fenced, and `owner` was taken for dead; nothing was done.
        """


def require_alone(db: Connection) -> None:
    """See that no other transaction writes during this one.

    Raises:
        NotAloneError: others do; `rows.file.beside` runs the verb again, alone.
    """
    if not db.alone:
        raise NotAloneError
