"""What hosts are owed, as a process reads it and writes it back. Runs in the native thread.

For what a host rests is computed by a process, under the limits of its configuration: of its own
hosts in memory, of hosts that nobody owns by a slice that is read and written back.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from crawler.frontier.sqlite.rows.readiness import OWED, owed, update_ready_at
from crawler.frontier.sqlite.rows.terms import Visitor, terms_of
from crawler.frontier.sqlite.visits.owners import renew
from crawler.frontier.values import LeasedHost
from crawler.model import Seconds
from crawler.records import HostRecord

HOSTS_AT_ONCE = 2000
"""Hosts that one slice looks at."""

_RESTING = """
SELECT id, owner IS NULL AND max(next_at, opens_at, turn_at) > :now FROM host
WHERE id > :after ORDER BY id LIMIT :limit"""
_UNCHANGED = "owner IS NULL AND next_at = ? AND opens_at = ? AND answered_at = ?"


def resting(
    db: sqlite3.Connection, visitor: Visitor, after: int, now: Seconds
) -> tuple[list[LeasedHost], int | None]:
    """Return the resting hosts without an owner among a slice of all, and the last number."""
    values = {"now": now, "after": after, "limit": HOSTS_AT_ONCE}
    found = db.execute(_RESTING, values).fetchall()
    hosts = own_paces(db, visitor, [host for host, rests in found if rests])
    return hosts, int(found[-1][0]) if len(found) == HOSTS_AT_ONCE else None


def own_paces(db: sqlite3.Connection, visitor: Visitor, hosts: Iterable[int]) -> list[LeasedHost]:
    """Return hosts by their numbers, on the terms of the jobs that are active now."""
    numbers = {"hosts": json.dumps(list(hosts))}
    terms = terms_of(db, visitor, "SELECT value FROM json_each(:hosts)", numbers)
    return [one.leased() for one in terms.values()]


def amend(
    db: sqlite3.Connection,
    owner: int,
    before: Sequence[LeasedHost],
    after: Sequence[HostRecord],
    now: Seconds,
) -> None:
    """Record what hosts without an owner are owed, where nothing has changed since they were read.

    Raises:
        LeaseLostError: the process that has computed it was taken for dead.
    """
    renew(db, owner, 0.0)
    for read, host in zip(before, after, strict=True):
        seen = (read.next_at, read.opens_at, read.rest.answered_at)
        db.execute(f"{OWED} AND {_UNCHANGED}", (*owed(host), host.id, *seen))
    update_ready_at(db, [host.id for host in after], now)
