"""Procedures: statements that SQLite runs as one, without the interpreter in between.

After every statement a native thread has to win the interpreter back from the event loop, which
takes as long as the statement itself, and other processes wait for the file meanwhile. What a
trigger does is part of the statement that fires it. So a procedure is a temporary trigger, on the
rows that are inserted into a view, and these are its calls (SQLite, "CREATE TRIGGER": INSTEAD OF).
Its parameters are the columns of the view.
"""

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from crawler.errors import LeaseLostError
from crawler.frontier.values import LEASE_S

_PARAMETER = re.compile(r":(\w+)")
_LOST = "lease lost"
FENCE = f"""
SELECT RAISE(ABORT, '{_LOST}') WHERE NOT EXISTS (SELECT 1 FROM process WHERE id = :owner)"""
"""A first statement, of a procedure with the parameter `owner`: it must not be taken for dead."""
OWNED = "EXISTS (SELECT 1 FROM host WHERE host.id = task.host AND host.owner = :owner)"
"""Condition on a task: its host is the owner's."""


class Procedure:
    """Statements with `:name` for each parameter; they name temporary tables without `temp.`."""

    def __init__(self, name: str, parameters: str, *statements: str) -> None:
        self.name = name
        self.parameters = parameters.split()
        self.statements = statements
        places = ", ".join(f":{one}" for one in self.parameters)
        self._call = f"INSERT INTO call_{name} VALUES ({places})"

    def create(self, db: sqlite3.Connection) -> None:
        """Make it known to a connection."""
        columns = ", ".join(f"NULL AS {one}" for one in self.parameters)
        body = ";\n".join(_PARAMETER.sub(r"NEW.\1", one) for one in self.statements)
        db.execute(f"CREATE TEMP VIEW call_{self.name} AS SELECT {columns}")
        db.execute(
            f"CREATE TEMP TRIGGER {self.name} INSTEAD OF INSERT ON call_{self.name} "
            f"BEGIN {body}; END"
        )

    def call(self, db: sqlite3.Connection, **values: Any) -> None:
        """Run its statements.

        Raises:
            LeaseLostError: by FENCE, the owner was taken for dead.
        """
        self.run(db, values)

    def run(self, db: sqlite3.Connection, values: Mapping[str, Any]) -> None:
        """Run its statements with these values, among others, as parameters."""
        try:
            db.execute(self._call, {name: values[name] for name in self.parameters})
        except sqlite3.IntegrityError as error:
            if str(error) == _LOST:
                raise lost_error() from error
            raise


def lost_error() -> LeaseLostError:
    """Return the error of a process that was taken for dead."""
    return LeaseLostError(
        "another process took this one for dead and reclaimed its leases; was it stopped, "
        f"or was the machine stalled, for more than {LEASE_S:.0f} s?"
    )
