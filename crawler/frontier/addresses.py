"""Addresses: each belongs to the process that holds hosts at it, and has a rest of its own.

So its limits hold for all names that lead to it, for any number of processes and over restarts.
Runs in the native thread.
"""

import sqlite3
from collections.abc import Iterable

from crawler.model import Seconds
from crawler.records import HostRecord

_HOLD = """
INSERT INTO address (ip, owner) SELECT address, :owner FROM host
WHERE id = :host AND address IS NOT NULL
ON CONFLICT (ip) DO UPDATE SET owner = excluded.owner"""
_LET_GO = """
UPDATE address SET owner = NULL WHERE ip = ? AND NOT EXISTS (
    SELECT 1 FROM host WHERE host.address = ip AND host.owner IS NOT NULL)"""


def hold(db: sqlite3.Connection, owner: int, hosts: Iterable[int]) -> None:
    """Give a process the addresses of hosts, by number, that it owns."""
    db.executemany(_HOLD, [{"owner": owner, "host": host} for host in hosts])


def let_go(db: sqlite3.Connection, addresses: Iterable[str | None]) -> None:
    """Leave addresses at which no host is owned without an owner."""
    db.executemany(_LET_GO, [(ip,) for ip in dict.fromkeys(addresses) if ip])


def of_hosts(db: sqlite3.Connection, hosts: Iterable[int]) -> list[str | None]:
    """Return the addresses at which hosts, by number, are known to be."""
    found = "SELECT address FROM host WHERE id = ?"
    return [db.execute(found, (host,)).fetchone()[0] for host in hosts]


def note_rests(db: sqlite3.Connection, owner: int, hosts: Iterable[HostRecord]) -> None:
    """Record when the last answers from the addresses of an owner began to arrive."""
    rests = dict(rest for host in hosts for rest in host.address_rests)
    db.executemany(
        "UPDATE address SET answered_at = ? WHERE ip = ? AND owner = ?",
        [(at, ip, owner) for ip, at in rests.items()],
    )


def answered_at(db: sqlite3.Connection, ip: str | None) -> Seconds:
    """Return the wall time at which the last answer from an address began; 0 if none is known."""
    row = db.execute("SELECT answered_at FROM address WHERE ip = ?", (ip,)).fetchone()
    return float(row[0]) if row else 0.0


def holder(db: sqlite3.Connection, ip: str | None) -> int | None:
    """Return the process that holds hosts at an address, if one does."""
    row = db.execute("SELECT owner FROM address WHERE ip = ?", (ip,)).fetchone()
    return row[0] if row else None


def let_all_go(db: sqlite3.Connection, owner: int) -> None:
    """Leave the addresses of a process that goes without an owner."""
    db.execute("UPDATE address SET owner = NULL WHERE owner = ?", (owner,))


def orphan(db: sqlite3.Connection, owner: int, now: Seconds) -> None:
    """Leave the addresses of a dead process resting: they may have been visited a moment ago."""
    db.execute(
        "UPDATE address SET owner = NULL, answered_at = ? WHERE owner = ?",
        (now, owner),
    )
