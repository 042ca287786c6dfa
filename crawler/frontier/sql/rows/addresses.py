"""Addresses: each belongs to the process that holds hosts at it, and has a rest of its own.

So its limits hold for all names that lead to it, for any number of processes and over restarts.
"""

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.course import STEPPED
from crawler.model import Seconds

_HOLD = """
INSERT INTO address (ip, owner) SELECT DISTINCT address, :owner FROM host
WHERE id IN (/* few */ {hosts}) AND ifnull(host.owner, 0) = :owner AND address IS NOT NULL
ON CONFLICT (ip) DO UPDATE SET owner = excluded.owner
WHERE address.owner IS NULL OR address.owner != excluded.owner"""
_LET_GO = """
UPDATE address SET owner = NULL
WHERE ip IN (/* few */ {addresses}) AND owner IS NOT NULL AND NOT EXISTS (/* each */
    SELECT 1 FROM host WHERE host.address = ip AND host.owner IS NOT NULL)"""
_OF_OWNER = """
WHERE ip IN (SELECT address FROM host WHERE host.owner = :owner) AND owner = :owner"""
NOTE_RESTS = """
UPDATE address SET answered_at = (SELECT answered_at FROM temp.rested WHERE ip = address.ip)
WHERE ip IN (/* few */ SELECT ip FROM temp.rested) AND ifnull(address.owner, 0) = :owner"""
"""Records when the last answers from the staged addresses of an owner began to arrive."""


def hold(hosts: str) -> str:
    """Return what gives `:owner` the addresses of hosts that it owns; `hosts` selects these."""
    return _HOLD.format(hosts=hosts)


def let_go(addresses: str) -> str:
    """Return what leaves addresses without an owner at which no host has one, of those selected."""
    return _LET_GO.format(addresses=addresses)


def holder(db: Connection, ip: str | None) -> int | None:
    """Return the process that holds hosts at an address, if one does."""
    row = db.execute("SELECT owner FROM address WHERE ip = ?", (ip,)).fetchone()
    return row[0] if row else None


def let_all_go(db: Connection, owner: int) -> None:
    """Leave the addresses of the hosts of a process without an owner, before these are."""
    db.execute(f"UPDATE address SET owner = NULL {_OF_OWNER}", {"owner": owner})


def orphan(db: Connection, owner: int, now: Seconds) -> None:
    """Leave the addresses of a dead process resting: they may have been visited a moment ago."""
    db.execute(
        f"UPDATE address SET owner = NULL, answered_at = :now - {STEPPED} {_OF_OWNER}",
        {"now": now, "owner": owner},
    )
