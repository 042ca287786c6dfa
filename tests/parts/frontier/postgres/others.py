"""Other programs on the server of a test: one that holds the ledger, an operator who cuts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from tests.program import until

_WAITING = """
SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_database AS d ON d.oid = pg_locks.database
    WHERE NOT granted AND datname = current_database())"""
_CUT = """
SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
WHERE application_name = 'crawlerd' AND datname = current_database()"""


def ask(database: str, sql: str) -> Any:
    """Run a statement as somebody else; return its row, if it has one."""
    with psycopg.connect(database, autocommit=True) as operator:
        cursor = operator.execute(sql)
        return cursor.fetchone() if cursor.description else None


@contextmanager
def gate_held(database: str) -> Iterator["psycopg.Connection[Any]"]:
    """Hold the ledger as long as the block lasts, or until it is rolled back."""
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE crawler.gate IN EXCLUSIVE MODE")
        yield other


def until_waiting(database: str) -> None:
    """Wait until somebody waits for the ledger."""
    until(lambda: ask(database, _WAITING)[0], "nobody waits for the ledger")


def cut(database: str) -> int:
    """End the connections of crawlers; return how many there were."""
    return ask(database, _CUT)[0]
