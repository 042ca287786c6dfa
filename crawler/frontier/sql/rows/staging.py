"""Rows of a verb in temporary tables of its connection, made while nobody waits for the file.

A verb fills them before its transaction, which then is a few statements over whole tables. They
live in memory, and are emptied before they are filled, for a transaction that failed leaves them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from crawler.frontier.sql.connection import Connection

OWED = (
    "next_at", "opens_at", "gap", "address", "backoff", "failures", "failing_since", "silent",
    "latency", "spent", "day", "answered_at", "failed_until", "put_off_until", "turn_at",
    "refusals", "refused_path", "refused_since", "well_at", "share", "first_failed_at",
    "spacing", "per_day",
)  # fmt: skip
"""Columns of a host that its owner records."""


def fill(db: Connection, **tables: Iterable[Sequence[Any]]) -> None:
    """Make these the rows of tables; called before the transaction that reads them.

    All of a verb at once: to begin and to end takes as long as a dozen rows.
    """
    db.fill({table: list(rows) for table, rows in tables.items()})
