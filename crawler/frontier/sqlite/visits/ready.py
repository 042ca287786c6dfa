"""Ready hosts: which of them a process may take, in its fair share. Runs in the native thread."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from crawler.frontier.classes import CLASSES, Shares
from crawler.frontier.sqlite.file.schema import ROBOTS_JOB
from crawler.frontier.sqlite.visits import parking
from crawler.frontier.sqlite.visits.turns import MINE
from crawler.model import Seconds

_SCANNED = 256
"""Ready hosts that are looked at at once."""
_SCANS = 8
"""How often at the most: the address may be another process's, and the job mean something else."""
_READY = """
SELECT id, address.owner FROM host LEFT JOIN address ON ip = host.address
WHERE class = :class AND host.owner IS NULL AND NOT parked AND ready_at <= :now
ORDER BY ready_at LIMIT :limit OFFSET :passed"""
_OURS = f"""
SELECT DISTINCT host FROM json_each(:hosts) CROSS JOIN host_job ON host = value
JOIN job ON job.id = job AND active WHERE {MINE}"""
_STRANGE = f"SELECT 1 FROM job WHERE active AND id != {ROBOTS_JOB} AND NOT ({MINE}) LIMIT 1"
_FREE_NOW = f"""
SELECT ifnull(sum(address.owner IS NULL), 0) FROM ({
    " UNION ALL ".join(
        "SELECT * FROM (SELECT address FROM host WHERE owner IS NULL AND NOT parked "
        f"AND ready_at <= :now AND class = {weight} LIMIT :limit)"
        for weight in CLASSES
    )
}) AS found LEFT JOIN address ON ip = found.address"""
_ADDRESSES = "SELECT count(DISTINCT ifnull(address, id)) FROM host WHERE owner"


def choose(
    db: sqlite3.Connection, shares: Shares, values: Mapping[str, Any], new: int, share: int
) -> tuple[list[int], bool]:
    """Return up to `new` hosts to take, and whether others were not looked at.

    `values` has the `owner`, the time `now`, and whether it visits `all_jobs`.
    """
    found, more = _ready(db, values, new)
    return _chosen(shares, found, new, share), more


def _ready(
    db: sqlite3.Connection, values: Mapping[str, Any], new: int
) -> tuple[dict[int, dict[int, bool]], bool]:
    """Return ready hosts, by class, with whether the owner has their address already.

    Return also whether there may be others: only so many are looked at.
    """
    if new <= 0:
        return {}, False
    some = db.execute(_STRANGE, values).fetchone() is not None
    found = {
        weight: _ready_of(db, {**values, "class": weight}, new, some=some) for weight in CLASSES
    }
    return {weight: hosts for weight, (hosts, _) in found.items()}, any(
        more for _, more in found.values()
    )


def _ready_of(
    db: sqlite3.Connection, values: Mapping[str, Any], new: int, *, some: bool
) -> tuple[dict[int, bool], bool]:
    """Return up to `new` hosts of a class; with `some` a job means something else to the owner.

    A host at an address of another process is parked. One whose jobs all mean something else to
    this process is left to those that know them.
    """
    found: dict[int, bool] = {}
    passed = 0
    for turn in range(_SCANS):
        limit = max(new, _SCANNED) if some or turn else new
        free, number = _scan(db, {**values, "limit": limit, "passed": passed})
        found |= _ours(db, values, free) if some else free
        passed += len(free)
        if number < limit or len(found) >= new:
            return found, False
    return found, number > len(free)  # what was parked is out of the way of the next lease


def _scan(db: sqlite3.Connection, values: Mapping[str, Any]) -> tuple[dict[int, bool], int]:
    """Park or return the next ready hosts of a class; return how many were looked at."""
    rows = db.execute(_READY, values).fetchall()
    owner = values["owner"]
    parking.park(db, [host for host, who in rows if who not in {None, owner}], values["now"])
    free = {host: who == owner for host, who in rows if who in {None, owner}}
    return free, len(rows)


def _ours(
    db: sqlite3.Connection, values: Mapping[str, Any], hosts: Mapping[int, bool]
) -> dict[int, bool]:
    """Return those hosts that a job visits which means the same to the owner."""
    numbers = {**values, "hosts": json.dumps(list(hosts))}
    return {host: hosts[host] for (host,) in db.execute(_OURS, numbers)}


def _chosen(
    shares: Shares, found: Mapping[int, Mapping[int, bool]], new: int, share: int
) -> list[int]:
    """Return up to `new` hosts to take, of every class its part.

    Hosts at an address where the process holds a host can have no other owner, so they do not
    count against its share.
    """
    chosen = shares.pick({weight: list(hosts) for weight, hosts in found.items()}, new)
    bound = {host for hosts in found.values() for host, here in hosts.items() if here}
    return _within_share(chosen, bound, share)


def _within_share(chosen: list[int], bound: set[int], share: int) -> list[int]:
    """Return the chosen hosts; of hosts that are not bound only as many as the share."""
    free = [host for host in chosen if host not in bound]
    beyond = set(free[max(0, share) :])
    return [host for host in chosen if host not in beyond]


def fair_share(db: sqlite3.Connection, owner: int, now: Seconds, new: int) -> int:
    """Return how many more hosts the owner may take; a negative number is to be given back.

    Alone it may take as many as it asks for. Among several it has its part of all hosts that are
    owned or free, rounded up; hosts at one address count as one. Hosts held beyond that are surplus
    only while no other host is free.
    """
    (living,) = db.execute("SELECT count(*) FROM process WHERE lease_until > ?", (now,)).fetchone()
    if living <= 1:
        return new
    (mine,) = db.execute(f"{_ADDRESSES} = ?", (owner,)).fetchone()
    (owned,) = db.execute(f"{_ADDRESSES} IS NOT NULL").fetchone()
    limit = max(0, living * (mine + new) - owned) + 1  # more of them change nothing
    (free,) = db.execute(_FREE_NOW, {"now": now, "limit": limit}).fetchone()
    share = -(-(owned + free) // living) - mine
    return max(share, 0) if free else int(share)
