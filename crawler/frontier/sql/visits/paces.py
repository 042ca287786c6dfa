"""What hosts are owed, as a process reads it and writes it back.

For what a host rests is computed by a process, under the limits of its configuration: of its own
hosts in memory, of hosts that nobody owns by a slice that is read and written back.
"""

import json
from collections.abc import Iterable, Sequence

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.lists.retiring import check_owner
from crawler.frontier.sql.rows.readiness import OWED, owed, update_ready_at
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.sql.rows.terms import terms_of
from crawler.frontier.values import LeasedHost
from crawler.frontier.work import Amended, Rests, Tidied
from crawler.model import Seconds

HOSTS_AT_ONCE = 1000
"""Hosts that one slice looks at."""

_RESTING = """
SELECT id, owner IS NULL AND max(next_at, opens_at, turn_at + :stepped) > :now FROM host
WHERE id > :after ORDER BY id LIMIT :limit"""
_MINE = "SELECT id FROM host WHERE owner = ?"
_UNCHANGED = "owner IS NULL AND next_at = ? AND opens_at = ? AND answered_at = ?"


def rests(one: Slice, work: Rests) -> Tidied[list[LeasedHost]]:
    """Record what hosts of the slice before are owed, and read those of the next slice."""
    db, after = one.db, one.begin
    with one.file.locked():
        check_owner(db, one.owner)
        _amend(db, work.amended, one.now, one.stepped)
    with one.file.locked(write=False):
        if one.first:
            return Tidied(_hosts(one, db.execute(_MINE, (one.owner,)).fetchall()), 0)
        values = {"now": one.now, "stepped": one.stepped, "after": after, "limit": HOSTS_AT_ONCE}
        found = db.execute(_RESTING, values).fetchall()
        hosts = _hosts(one, [(host,) for host, rests in found if rests])
    return Tidied(hosts, int(found[-1][0]) if found else None)


def _hosts(one: Slice, numbers: Iterable[tuple[int]]) -> list[LeasedHost]:
    """Return hosts on the terms of the jobs that are active now."""
    hosts = {"hosts": json.dumps([number for (number,) in numbers])}
    terms = terms_of(one.db, one.visitor, "SELECT value FROM json_each(:hosts)", hosts)
    return [each.leased().moved(one.stepped) for each in terms.values()]


def _amend(db: Connection, amended: Sequence[Amended], now: Seconds, stepped: Seconds) -> None:
    """Record what hosts without an owner are owed, where nothing has changed meanwhile."""
    for read, host in amended:
        seen = (read.next_at, read.opens_at, read.moved(-stepped).rest.answered_at)
        values = (*owed(host.moved(-stepped)), host.id, *seen)
        db.execute(f"{OWED} AND {_UNCHANGED}", values)
    update_ready_at(db, [host.id for _, host in amended], now)
