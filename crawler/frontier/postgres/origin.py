"""A ledger on a server that is copied: moved, or backed up."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

from crawler.frontier.copying import ends, marks
from crawler.frontier.copying.tables import Key, Row, Table, tables
from crawler.frontier.postgres.connection import Connection
from crawler.frontier.postgres.faults import told
from crawler.frontier.postgres.opening import connect
from crawler.frontier.postgres.schema import FLAGS
from crawler.frontier.postgres.versions import has_table, living
from crawler.frontier.process import Process
from crawler.state_address import StateServer

BY_KEY = {"enable_seqscan": "off", "enable_sort": "off", "extra_float_digits": "1"}
"""Settings of a session that reads tables: pages come by the key, and numbers whole."""
_PATIENT = {
    "idle_in_transaction_session_timeout": "0",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "6",
}
"""Settings of a session whose snapshot stays, however slow the other end of the copy is.

The server sees by itself when this machine is gone, and ends the transaction.
"""
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ"
_LAST = """
SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {}"""
_SEQUENCE = "SELECT pg_get_serial_sequence('{}', 'id')"


@contextmanager
def snapshot(server: StateServer) -> Iterator["ServerSource"]:
    """Open a ledger that is there, as of one moment; others go on.

    Raises:
        StateError, LocalFaultError: it cannot be read.
    """
    with _reader(server) as db:
        with told(server):
            db.server.execute(f"{_SNAPSHOT}, READ ONLY")
        yield ServerSource(server, db)


@contextmanager
def source(server: StateServer) -> Iterator["ServerSource"]:
    """Open a ledger that is there and is to be moved; nobody writes to it until the end.

    Raises:
        StateError, LocalFaultError: it cannot be used, or another program holds it.
    """
    with _reader(server) as db:
        with told(server):
            db.server.execute(_SNAPSHOT)
            db.server.execute("LOCK TABLE gate IN EXCLUSIVE MODE")  # before there is a snapshot
        yield ServerSource(server, db)


@contextmanager
def _reader(server: StateServer) -> Iterator[Connection]:
    db = connect(server, make=False)
    with closing(db.server):
        with told(server):
            configure(db, _PATIENT | BY_KEY)
        yield db


def configure(db: Connection, settings: Mapping[str, str]) -> None:
    """Change settings of a session."""
    for name, value in settings.items():
        db.server.execute("SELECT set_config(%s, %s, false)", [name, value])


class ServerSource:
    """A ledger on a server that is moved, or backed up."""

    def __init__(self, server: StateServer, db: Connection) -> None:
        self._db = db
        self._told = partial(told, server)

    def page(self, table: Table, after: Key | None, number: int) -> list[Row]:
        with self._told():
            return ends.page(self._db, table, after, number, FLAGS)

    def uid(self) -> str:
        with self._told():
            return ends.uid(self._db)

    def numbers(self) -> Mapping[str, int]:
        with self._told():
            return {
                table.name: int(_one(self._db, _LAST.format(name)))
                for table, name in sequences(self._db)
                if table.counts
            }

    def moved_to(self) -> str:
        with self._told():
            return marks.place_of(self._db) if has_table(self._db, marks.MOVED) else ""

    def living(self) -> list[Process]:
        with self._told():
            return living(self._db)

    def retire(self, place: str) -> None:
        with self._told():
            marks.retire(self._db, place)
            self._db.server.execute("COMMIT")

    def bring_back(self) -> None:
        with self._told():
            marks.bring_back(self._db, secrets.token_hex(16))
            self._db.server.execute("COMMIT")


def _one(db: Connection, sql: str) -> Any:
    return db.execute(sql).fetchone()[0]


def sequences(db: Connection) -> list[tuple[Table, str]]:
    """Return the tables that have a sequence of numbers, with its name."""
    numbered = [table for table in tables() if table.key == ("id",)]
    found = [(table, _one(db, _SEQUENCE.format(table.name))) for table in numbered]
    return [(table, str(sequence)) for table, sequence in found if sequence]
