"""A connection to a state file, which runs procedures: statements as one.

After every statement a native thread has to win the interpreter back from the event loop, which
takes as long as the statement itself, and other processes wait for the file meanwhile. What a
trigger does is part of the statement that fires it. So a procedure is a temporary trigger, on the
rows that are inserted into a view, and these are its calls (SQLite, "CREATE TRIGGER": INSTEAD OF).
Its parameters are the columns of the view.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from crawler.frontier.sql.connection import Numbered
from crawler.frontier.sql.procedures import Apart, Each, Procedure, lost_error

_PARAMETER = re.compile(r":(\w+)")
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
        """Make these the rows of temporary tables, each in one statement, and number them."""
        with self._filling(tables):
            for table, (columns, rows) in tables.items():
                values = ", ".join(f"json_extract(value, '$[{at}]')" for at in range(len(columns)))
                self.execute(
                    f"INSERT INTO temp.{table} (nth, {', '.join(columns)}) "
                    f"SELECT key, {values} FROM json_each(?)",
                    (json.dumps(rows),),
                )

    def fill(self, tables: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """Make these the rows of temporary tables."""
        with self._filling(tables):
            for table, rows in tables.items():
                if rows:
                    places = ", ".join("?" * len(rows[0]))
                    self.executemany(f"INSERT INTO temp.{table} VALUES ({places})", rows)

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


def _text(statement: str | Each) -> str:
    if isinstance(statement, Each):
        return f"INSERT INTO call_{statement.procedure.name} {statement.rows}"
    return statement
