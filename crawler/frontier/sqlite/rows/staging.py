"""Rows of a verb in temporary tables of its connection, made while nobody waits for the file.

A verb fills them before its transaction, which then is a few statements over whole tables. They
live in memory, and are emptied before they are filled, for a transaction that failed leaves them.
Runs in the native thread.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from crawler.frontier.sqlite.rows.tasks import Row

OWED = (
    "next_at", "opens_at", "gap", "address", "backoff", "failures", "failing_since", "silent",
    "latency", "spent", "day", "answered_at", "failed_until", "put_off_until", "turn_at",
    "refusals", "refused_path", "refused_since", "well_at", "share", "first_failed_at",
    "spacing", "per_day",
)  # fmt: skip
"""Columns of a host that its owner records."""
TABLES = {
    "seed": "nth INTEGER PRIMARY KEY, fingerprint, host, url, path, extra, times, task",
    "seed_host": "nth INTEGER PRIMARY KEY, key, bucket, obeys, id",
    "settled": f"id INTEGER PRIMARY KEY, {', '.join(Row._fields[1:])}",
    "owed": f"id INTEGER PRIMARY KEY, {', '.join(OWED)}, leaves",
    "rested": "ip TEXT PRIMARY KEY, answered_at",
    "parted": "ip TEXT PRIMARY KEY",
    "returned": "id INTEGER PRIMARY KEY",
    "refused": "host INTEGER PRIMARY KEY",
    "failed": "id, attempt, host, cause, at, url, reason",
    "claimed": "key INTEGER PRIMARY KEY, task",
    "wanted": "host INTEGER PRIMARY KEY, tasks, upto, new, nth",
    "my_job": "name TEXT PRIMARY KEY, digest",
    "held_job": "name TEXT PRIMARY KEY",
    "refitted": "id INTEGER PRIMARY KEY, was, at",
    "turn": "host INTEGER, job INTEGER, served, weight, ranked, due, PRIMARY KEY (host, job)",
    "taken": "host INTEGER, job INTEGER, nth, id INTEGER NOT NULL, PRIMARY KEY (host, job, nth)",
}
"""What each is made of, by name. Types are those of the values: nothing is converted twice."""


def _same(value: Any) -> Any:
    return value


for kind in (type(None), bool, bytes):
    sqlite3.register_adapter(kind, _same)
"""Values that stay as they are. The module sqlite3 looks for what to make of each that is no number
or text; where nothing is registered that takes longer than all else about a row.
"""


def set_up(db: sqlite3.Connection) -> None:
    """Make the tables, empty, beside a file that was just opened."""
    db.execute("PRAGMA temp_store = MEMORY")
    for name, columns in TABLES.items():
        db.execute(f"CREATE TEMP TABLE {name} ({columns})")
    db.execute("CREATE INDEX temp.wanted_size ON wanted (upto)")


def fill(db: sqlite3.Connection, **tables: Iterable[Sequence[Any]]) -> None:
    """Make these the rows of tables; called before the transaction that reads them.

    All of a verb at once: to begin and to end takes as long as a dozen rows.
    """
    made = {table: list(rows) for table, rows in tables.items()}
    with filling(db, *made):
        for table, rows in made.items():
            if rows:
                places = ", ".join("?" * len(rows[0]))
                db.executemany(f"INSERT INTO temp.{table} VALUES ({places})", rows)


@contextmanager
def filling(db: sqlite3.Connection, *tables: str) -> Iterator[None]:
    """Empty tables; what a block fills them with is whole, or nothing."""
    db.execute("BEGIN")  # of the temporary tables alone: it locks nothing
    try:
        for table in tables:
            db.execute(f"DELETE FROM temp.{table}")
        yield
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
