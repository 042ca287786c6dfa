"""Ledgers that are copied: full of odd rows, and told row by row."""

import sqlite3
from contextlib import closing

from crawler.frontier.sql.tables.ledger import TABLES
from crawler.state_address import StateServer
from tests.parts.frontiers import Timed
from tests.parts.ledgers import ended, listed, tables

ODD = {
    "INTEGER": (0, -1, 2**63 - 1, -(2**63)),
    "REAL": (1e-300, 0.1 + 0.2, 9e999, -1.7976931348623157e308),
    "TEXT": ("", "\\N\t\n'\"\\", "ü\u2028😀", "%s ? :name"),
    "BLOB": (b"", b"\x00\xff\\x", bytes(range(256)), b"x" * 3000),
}
"""Values that a column of a kind can have, for a row each."""


def names():
    """Return every table with its columns, their kinds, whether they may be NULL, and its key."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(TABLES)
        found = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {
            name: [tuple(row[1:]) for row in db.execute(f"PRAGMA table_info({name})")]
            for (name,) in found
            if not name.startswith("sqlite_")
        }


def filled(state):
    """Make a ledger with rows in every table, of visits and of nobody; return them."""
    with Timed(state, durable=False) as frontier:
        ended(frontier, "a.example:80", "b.example:80")
        listed(frontier, "a.example/0", "c.example/1")
    with closing(sqlite3.connect(state, isolation_level=None)) as db:
        for table, columns in names().items():
            if "id = 1" not in _made(db, table):
                _fill(db, table, columns)
        db.execute("UPDATE sqlite_sequence SET seq = 4711 WHERE name = 'process'")
        db.execute("DELETE FROM process WHERE lease_until > 0")
    return dump(state)


def _made(db, table):
    return db.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]


def _fill(db, table, columns):
    for nth in range(4):
        row = [
            None if not (must or key) and nth == 3 else _value(name, kind, key, nth)
            for name, kind, must, _, key in columns
        ]
        db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def _value(name, kind, key, nth):
    if name in FLAGS and kind == "INTEGER":
        return nth % 2
    if name == "id":
        return 1000 + nth
    if kind == "TEXT" and (key or name in {"name", "key", "verb"}):
        return f"{ODD['TEXT'][nth]}{nth}"
    return ODD[kind][nth]


FLAGS = frozenset({
    "active", "ahead", "behind", "believed", "forced", "host_asked", "no_room", "obeys", "parked",
    "ranked", "settled", "silent", "unverified",
})  # fmt: skip


def dump(ledger):
    """Return all rows of a ledger, whatever engine has it."""
    with tables(ledger) as db:
        return {
            table: sorted(map(_plain, db.execute(f"SELECT * FROM {table}").fetchall()), key=repr)
            for table in names()
        }


def _plain(row):
    return tuple(int(one) if isinstance(one, bool) else one for one in row)


def last_number(ledger, table):
    """Return the greatest number that a table has given."""
    with tables(ledger) as db:
        if isinstance(ledger, StateServer):
            return db.server.execute(f"SELECT last_value FROM {table}_id_seq").fetchone()[0]
        sql = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        return db.execute(sql, (table,)).fetchone()[0]


class BrokenOffError(Exception):
    """The process that copies is gone, as it is for a test."""


class Breaking:
    """An end of a copy at which the process ends before or after one of its calls."""

    def __init__(self, end, calls):
        self._end, self._calls = end, calls

    def __getattr__(self, name):
        verb = getattr(self._end, name)

        def call(*given):
            self._calls.count()
            found = verb(*given)
            self._calls.count()
            return found

        return call


class Calls:
    """Counts calls down to the one at which the process ends."""

    def __init__(self, left):
        self.left = left

    def count(self):
        self.left -= 1
        if self.left == 0:
            raise BrokenOffError
