"""A connection to a state file, which runs procedures: statements as one.

After every statement a native thread has to win the interpreter back from the event loop, which
takes as long as the statement itself, and other processes wait for the file meanwhile. What a
trigger does is part of the statement that fires it. So a procedure is a temporary trigger, on the
rows that are inserted into a view, and these are its calls (SQLite, "CREATE TRIGGER": INSTEAD OF).
Its parameters are the columns of the view.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import Any

from crawler.frontier.sql.connection import Numbered
from crawler.frontier.sql.procedures import Apart, Each, Procedure, lost_error

_PARAMETER = re.compile(r":(\w+)")
_SIZES = (64, 8, 1)
"""Rows of a temporary table that one statement inserts: so few statements are prepared."""
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
        with self._filling(tables):
            for table, (columns, rows) in tables.items():
                if rows:
                    numbered = [(nth, *row) for nth, row in enumerate(rows)]
                    self._insert(f"{table} (nth, {', '.join(columns)})", numbered)

    def fill(self, tables: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """Make these the rows of temporary tables."""
        with self._filling(tables):
            for table, rows in tables.items():
                if rows:
                    self._insert(table, rows)

    def _insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows, as many at once as there are: each statement has its price."""
        begin = 0
        for size in _SIZES:
            end = len(rows) - (len(rows) - begin) % size
            if begin < end:
                blocks = (rows[at : at + size] for at in range(begin, end, size))
                values = [list(chain.from_iterable(block)) for block in blocks]
                self.executemany(_insertion(table, len(rows[0]), size), values)
            begin = end

    @contextmanager
    def _filling(self, tables: Iterable[str]) -> Iterator[None]:
        """Empty tables; what a block fills them with is whole, or nothing."""
        self.execute("BEGIN")  # of the temporary tables alone: it locks nothing
        try:
            for table in tables:
                self.execute(f"DELETE FROM temp.{table}")
            yield
            self.execute("COMMIT")
        except BaseException:
            self.execute("ROLLBACK")
            raise

    def run(self, procedure: Procedure, values: Mapping[str, Any]) -> None:
        """Run the statements of a procedure with these values, among others, as parameters.

        Raises:
            LeaseLostError: it is fenced, and `owner` was taken for dead.
        """
        places = ", ".join(f":{one}" for one in procedure.parameters)
        given = {name: values[name] for name in procedure.parameters}
        try:
            self.execute(f"INSERT INTO call_{procedure.name} VALUES ({places})", given)
        except sqlite3.IntegrityError as error:
            if str(error) == _LOST:
                raise lost_error() from error
            raise


@cache
def _insertion(table: str, width: int, rows: int) -> str:
    places = ", ".join("?" * width)
    return f"INSERT INTO temp.{table} VALUES {', '.join([f'({places})'] * rows)}"


def _text(statement: str | Each) -> str:
    if isinstance(statement, Each):
        return f"INSERT INTO call_{statement.procedure.name} {statement.rows}"
    return statement
