"""A connection to a state file, which runs procedures: statements as one.

After every statement a native thread has to win the interpreter back from the event loop, which
takes as long as the statement itself, and other processes wait for the file meanwhile. What a
trigger does is part of the statement that fires it. So a procedure is a temporary trigger, on the
rows that are inserted into a view, and these are its calls (SQLite, "CREATE TRIGGER": INSTEAD OF).
Its parameters are the columns of the view.
"""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from crawler.frontier.sql.connection import Numbered
from crawler.frontier.sql.procedures import Apart, Each, Procedure, lost_error

_PARAMETER = re.compile(r":(\w+)")
_AT_ONCE = 16
"""Rows of a temporary table that one statement inserts, where there are as many."""
_LOST = "lease lost"
_FENCE = f"""
SELECT RAISE(ABORT, '{_LOST}') WHERE NOT EXISTS (SELECT 1 FROM process WHERE id = :owner)"""


class Connection(sqlite3.Connection):
    """A connection to a state file that knows procedures."""

    alone = True
    """One writes at a time."""

    def make(self, procedure: Procedure) -> None:
        """Make a procedure known."""
        name, statements = procedure.name, procedure.statements
        columns = ", ".join(f"NULL AS {one}" for one in procedure.parameters)
        fenced = (_FENCE, *statements) if procedure.fenced else statements
        texts = [_text(one) for one in fenced if not isinstance(one, Apart)]
        body = ";\n".join(_PARAMETER.sub(r"NEW.\1", text) for text in texts)
        self.execute(f"CREATE TEMP VIEW call_{name} AS SELECT {columns}")
        self.execute(
            f"CREATE TEMP TRIGGER {name} INSTEAD OF INSERT ON call_{name} BEGIN {body}; END"
        )

    def number(self, tables: Mapping[str, Numbered]) -> None:
        """Make these the rows of temporary tables, and number them."""
        self._fill(
            (table, f"(nth, {', '.join(columns)})", [(nth, *row) for nth, row in enumerate(rows)])
            for table, (columns, rows) in tables.items()
        )

    def fill(self, tables: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """Make these the rows of temporary tables."""
        self._fill((table, "", rows) for table, rows in tables.items())

    def _fill(self, tables: Iterable[tuple[str, str, Sequence[Sequence[Any]]]]) -> None:
        """Fill tables, and these columns of theirs, with rows: with all of them, or none."""
        self.execute("BEGIN")  # of the temporary tables alone: it locks nothing
        try:
            for table, columns, rows in tables:
                self.execute(f"DELETE FROM temp.{table}")
                if rows:
                    self._insert(f"{table} {columns}", rows)
            self.execute("COMMIT")
        except BaseException:
            self.execute("ROLLBACK")
            raise

    def _insert(self, place: str, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows, most of them many at once, for each statement has its price."""
        width, many = len(rows[0]), len(rows) - len(rows) % _AT_ONCE
        if many:
            blocks = (rows[at : at + _AT_ONCE] for at in range(0, many, _AT_ONCE))
            values = [list(chain.from_iterable(block)) for block in blocks]
            self.executemany(_insertion(place, width, _AT_ONCE), values)
        if many < len(rows):
            self.executemany(_insertion(place, width, 1), rows[many:])

    def run(self, procedure: Procedure, values: Mapping[str, Any]) -> None:
        """Run the statements of a procedure with these values, among others, as parameters.

        Raises:
            LeaseLostError: it is fenced, and `owner` was taken for dead.
        """
        try:
            self.execute(_call_of(procedure), values)
        except sqlite3.IntegrityError as error:
            if str(error) == _LOST:
                raise lost_error() from error
            raise


@cache
def _insertion(place: str, width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"INSERT INTO temp.{place} VALUES {', '.join([row] * rows)}"


@cache
def _call_of(procedure: Procedure) -> str:
    places = ", ".join(f":{one}" for one in procedure.parameters)
    return f"INSERT INTO call_{procedure.name} VALUES ({places})"


def _text(statement: str | Each) -> str:
    if isinstance(statement, Each):
        return f"INSERT INTO call_{statement.procedure.name} {statement.rows}"
    return statement
