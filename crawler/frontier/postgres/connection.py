"""A connection to a server that runs the statements of `crawler.frontier.sql`.

Between it and the server is a network. So the statements of a verb are sent in a pipeline: none
waits for the one before, until its rows are read. A verb therefore runs all that it wants to read
before it reads, and takes as many round trips as it has such stretches (libpq, "Pipeline Mode").
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from crawler.frontier.postgres import staging
from crawler.frontier.postgres.dialect import translated
from crawler.frontier.postgres.procedures import call_of
from crawler.frontier.postgres.schema import TEMPORARY
from crawler.frontier.postgres.waiting import WaitingConnection
from crawler.frontier.sql.connection import Numbered, Parameters
from crawler.frontier.sql.procedures import Procedure

logging.getLogger("psycopg").addHandler(logging.NullHandler())
# What it warns of, that a pipeline ends with its connection, is raised as well.
_FEW_ROWS, _MANY_ROWS = 300, 20_000
"""Dead rows of temporary tables that are too many, at first and later."""
_ABANDONED = psycopg.OperationalError("taken back")
"""Has a pipeline end without a word on what went wrong in it, which has been told."""


class Cursor:
    """The rows of a statement, or how many it has changed."""

    def __init__(self, cursor: psycopg.Cursor[Any], pipeline: psycopg.Pipeline | None) -> None:
        self._cursor = cursor
        self._pipeline = pipeline

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        if self._pipeline and self._cursor.pgresult is None:
            self._pipeline.sync()
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

    def __init__(self, connection: WaitingConnection) -> None:
        self.server = connection
        self.alone = False
        """Whether no other transaction writes during this one."""
        self._pipeline: psycopg.Pipeline | None = None
        self._staged = 0
        """Rows of temporary tables that came since these were cleared of dead ones."""
        self._bearable = _FEW_ROWS

    @contextmanager
    def piped(self) -> Iterator[None]:
        """Send the statements of a block in a pipeline; all have run when it ends."""
        if self._pipeline:
            yield
            return
        self._enter()
        try:
            yield
        except BaseException as error:
            self._leave(error)
            raise
        self._leave()

    def _enter(self) -> None:
        self._block = self.server.pipeline()
        self._pipeline = self._block.__enter__()

    def _leave(self, error: BaseException | None = None) -> None:
        piped, self._pipeline = self._pipeline, None
        if piped:
            self._block.__exit__(type(error) if error else None, error, None)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Do without a pipeline, which knows no COPY."""
        piped = self._pipeline is not None
        self._leave()
        yield
        if piped:
            self._enter()

    def abandon(self) -> None:
        """Take back what has begun, if anything has."""
        self._leave(_ABANDONED)
        if self.in_transaction:
            self.server.execute("ROLLBACK")

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and is not at its end."""
        return self.server.info.transaction_status != TransactionStatus.IDLE

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """Run a statement."""
        return Cursor(self.server.execute(translated(sql), parameters), self._pipeline)

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """Run a statement once for each of these, in a pipeline."""
        cursor = self.server.cursor()
        cursor.executemany(translated(sql), list(parameters))
        return Cursor(cursor, self._pipeline)

    def fill(self, tables: Mapping[str, Sequence[Sequence[Any]]], /) -> None:
        """Make these the rows of temporary tables."""
        self._clear(sum(map(len, tables.values())) + len(tables))
        self.server.execute("BEGIN")  # else, in a pipeline, a verb that begins again has none of it
        self.server.execute("SELECT pg_temp.stage(%s)", [staging.packed(tables)])
        self.server.execute("COMMIT")

    def number(self, tables: Mapping[str, Numbered], /) -> None:
        """Make these the rows of temporary tables, and number them by `nth`, by COPY."""
        self.server.execute("BEGIN")
        self.server.execute(f"TRUNCATE {', '.join(f'pg_temp.{table}' for table in tables)}")
        with self._alone():
            for table, (columns, rows) in tables.items():
                self._copy(f"pg_temp.{table} (nth, {', '.join(columns)})", rows)
        self.server.execute("COMMIT")

    def _copy(self, place: str, rows: Sequence[Sequence[Any]]) -> None:
        with self.server.cursor().copy(f"COPY {place} FROM STDIN") as copy:
            for nth, row in enumerate(rows):
                copy.write_row((nth, *row))

    def _clear(self, rows: int) -> None:
        """Clear the temporary tables of dead rows, which nobody else does, once there are many.

        Rows are counted as they come; each goes with the next ones. Plans are made anew, too: they
        were made when the ledger was another size, at first when it was empty.
        """
        self._staged += rows
        if self._staged > self._bearable and not self.in_transaction:
            self._staged, self._bearable = rows, min(self._bearable * 4, _MANY_ROWS)
            self.server.execute(f"VACUUM {', '.join(TEMPORARY)}")
            self.server.execute("DISCARD PLANS")

    def run(self, procedure: Procedure, values: Mapping[str, Any], /) -> None:
        """Run the statements of a procedure with these values, among others, as parameters."""
        self.server.execute(call_of(procedure), values)
