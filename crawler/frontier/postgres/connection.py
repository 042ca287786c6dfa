"""A connection to a server that runs the statements of `crawler.frontier.sql`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from crawler.frontier.postgres.dialect import translated
from crawler.frontier.sql.connection import Parameters
from crawler.frontier.sql.procedures import Each, Procedure, lost_error

_FENCE = "SELECT 1 FROM process WHERE id = :owner"


class Cursor:
    """The rows of a statement, or how many it has changed."""

    def __init__(self, cursor: psycopg.Cursor[Any]) -> None:
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return self._cursor.rowcount

    def fetchone(self) -> Any:
        """Return the next row; None at the end."""
        return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        return self._cursor.fetchall()

    def __iter__(self) -> Iterator[Any]:
        """Return the rows that are left."""
        return iter(self._cursor)


class Connection:
    """A connection to a server, in the shape of one to a state file."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.server = connection

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and is not at its end."""
        return self.server.info.transaction_status != TransactionStatus.IDLE

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """Run a statement."""
        return Cursor(self.server.execute(translated(sql), parameters or None))

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """Run a statement once for each of these, in a pipeline."""
        cursor = self.server.cursor()
        cursor.executemany(translated(sql), list(parameters))
        return Cursor(cursor)

    def load(self, table: str, rows: Sequence[Sequence[Any]], /) -> None:
        """Make rows of a temporary table, by COPY."""
        self._copy(table, rows)

    def number(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], /) -> None:
        """Make rows of some columns, and number them by `nth`."""
        numbered = [(nth, *row) for nth, row in enumerate(rows)]
        self._copy(f"{table} (nth, {', '.join(columns)})", numbered)

    def _copy(self, place: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            with self.server.cursor().copy(f"COPY pg_temp.{place} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

    def run(self, procedure: Procedure, values: Mapping[str, Any], /) -> None:
        """Run the statements of a procedure with these values, among others, as parameters.

        Raises:
            LeaseLostError: it is fenced, and `owner` was taken for dead.
        """
        if procedure.fenced and not self.execute(_FENCE, values).fetchone():
            raise lost_error()
        for statement in procedure.statements:
            if isinstance(statement, Each):
                self._each(statement, values)
            else:
                self.execute(statement, values)

    def _each(self, one: Each, values: Mapping[str, Any]) -> None:
        for row in self.execute(one.rows, values).fetchall():
            self.run(one.procedure, dict(zip(one.procedure.parameters, row, strict=True)))
