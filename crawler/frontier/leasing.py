"""Leasing: hosts and tasks pass to a process, in fair parts. Runs in the native thread.

An address stays with one process while that holds a host at it, so that its limit holds for all.
The address of a host is found when its first visit is about to begin; the process then has the
address, or gives the host back if another process has it.
"""

import sqlite3
from collections.abc import Sequence

from crawler.frontier import addresses
from crawler.frontier.classes import CLASSES, Shares
from crawler.frontier.names import Names
from crawler.frontier.owners import renew
from crawler.frontier.readiness import owe, update_ready_at
from crawler.frontier.schema import LEASED, ROBOTS_JOB, WAITING
from crawler.frontier.terms import Visitor
from crawler.frontier.turns import leased
from crawler.frontier.values import Lease, Moved
from crawler.model import Seconds
from crawler.records import HostRecord

FIRST_TASKS = 2
"""Tasks of a host just taken; how many more it can use shows with the next lease."""

_FREE = "UPDATE host SET owner = NULL WHERE id = ? AND owner = ?"
_READY = """
SELECT id, address.owner IS NOT NULL FROM host LEFT JOIN address ON ip = host.address
WHERE class = :class AND host.owner IS NULL AND ready_at <= :now
    AND ifnull(address.owner, :owner) = :owner
ORDER BY ready_at LIMIT :limit"""
_SCANNED = 2000
"""Ready hosts that are looked at for those of some jobs."""
_READY_OF = f"""
SELECT * FROM ({_READY}) AS found
WHERE EXISTS (SELECT 1 FROM listing WHERE host = found.id AND job IN (%s)) LIMIT %d"""
_ACTIVE = "SELECT id, name, digest FROM job WHERE active AND id != ?"
_FREE_NOW = """
SELECT count(*) FROM (SELECT 1 FROM host LEFT JOIN address ON ip = host.address
    WHERE host.owner IS NULL AND ready_at <= ? AND address.owner IS NULL LIMIT ?)"""
_ADDRESSES = "SELECT count(DISTINCT ifnull(address, id)) FROM host WHERE owner"
_NEXT = """
SELECT min(ready_at) FROM host WHERE class = ? AND owner IS NULL AND ready_at IS NOT NULL"""
_BACK = f"""
UPDATE task SET state = {WAITING}, attempt = attempt - 1 WHERE id = ? AND state = {LEASED}"""
_ALL_BACK = f"""
UPDATE task SET state = {WAITING}, attempt = attempt - 1 WHERE host = ? AND state = {LEASED}"""


def lease(
    db: sqlite3.Connection,
    names: Names,
    visitor: Visitor,
    shares: Shares,
    owner: int,
    now: Seconds,
    new: int,
    refills: dict[int, int],
    idle: Sequence[HostRecord],
    back: Sequence[int],
) -> Lease:
    """Free idle hosts, take new ones, take tasks: in this order, so that a host may come back.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    renew(db, owner, now)
    db.executemany(_BACK, [(task,) for task in back])
    _free(db, owner, idle, now)
    share = _fair_share(db, owner, now, new)
    taken = _ready(db, shares, visitor, owner, now, new, share)
    db.executemany("UPDATE host SET owner = ? WHERE id = ?", [(owner, host) for host in taken])
    addresses.hold(db, owner, taken)
    wanted = dict.fromkeys(taken, FIRST_TASKS) | refills
    hosts = tuple(leased(db, names, visitor, host, now, limit) for host, limit in wanted.items())
    times = [db.execute(_NEXT, (weight,)).fetchone()[0] for weight in CLASSES]
    next_at = min((time for time in times if time is not None), default=None)
    return Lease(hosts, max(0, -share), next_at)


def move(db: sqlite3.Connection, owner: int, found: Sequence[HostRecord], now: Seconds) -> Moved:
    """Note the addresses of hosts; give back those at an address of another process.

    Their tasks go with them, for a host moves only while none of its visits is open.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    renew(db, owner, now)
    mine, refused = list[HostRecord](), list[HostRecord]()
    for host in found:
        elsewhere = addresses.holder(db, host.address) not in {None, owner}
        (refused if elsewhere else mine).append(host)
    before = addresses.of_hosts(db, [host.id for host in mine])
    owe(db, owner, mine)
    addresses.hold(db, owner, [host.id for host in mine])
    addresses.let_go(db, before)
    db.executemany(_ALL_BACK, [(host.id,) for host in refused])
    _free(db, owner, refused, now)
    rests = {host.address: addresses.answered_at(db, host.address) for host in mine if host.address}
    return Moved(frozenset(host.id for host in refused), rests)


def _free(db: sqlite3.Connection, owner: int, hosts: Sequence[HostRecord], now: Seconds) -> None:
    """Leave hosts without an owner, and record their rests."""
    before = addresses.of_hosts(db, [host.id for host in hosts])
    owe(db, owner, hosts)
    db.executemany(_FREE, [(host.id, owner) for host in hosts])
    now_at = addresses.of_hosts(db, [host.id for host in hosts])
    addresses.let_go(db, [*before, *now_at])
    update_ready_at(db, [host.id for host in hosts], now)


def _ready(
    db: sqlite3.Connection,
    shares: Shares,
    visitor: Visitor,
    owner: int,
    now: Seconds,
    new: int,
    share: int,
) -> list[int]:
    """Return up to `new` hosts to take, of every class its part.

    Hosts at an address where the process holds a host can have no other owner, so they do not
    count against its share.
    """
    if new <= 0:
        return []
    select, limit = _selection(db, visitor, new)
    values = {"now": now, "owner": owner, "limit": limit}
    found = {weight: dict(db.execute(select, {**values, "class": weight})) for weight in CLASSES}
    chosen = shares.pick({weight: list(hosts) for weight, hosts in found.items()}, new)
    bound = {host for hosts in found.values() for host, here in hosts.items() if here}
    return _within_share(chosen, bound, share)


def _selection(db: sqlite3.Connection, visitor: Visitor, new: int) -> tuple[str, int]:
    """Return the statement that finds ready hosts, and its limit.

    A host whose jobs all mean something else to this process is left to those that know them.
    """
    if visitor.jobs is None:
        return _READY, new
    active = db.execute(_ACTIVE, (ROBOTS_JOB,)).fetchall()
    mine = [str(job) for job, name, digest in active if visitor.jobs.get(name) == digest]
    if len(mine) == len(active):
        return _READY, new
    return _READY_OF % (", ".join(mine), new), _SCANNED


def _within_share(chosen: list[int], bound: set[int], share: int) -> list[int]:
    """Return the chosen hosts; of hosts that are not bound only as many as the share."""
    free = [host for host in chosen if host not in bound]
    beyond = set(free[max(0, share) :])
    return [host for host in chosen if host not in beyond]


def _fair_share(db: sqlite3.Connection, owner: int, now: Seconds, new: int) -> int:
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
    limit = living * (mine + new) + 1
    (free,) = db.execute(_FREE_NOW, (now, limit)).fetchone()
    share = -(-(owned + free) // living) - mine
    return max(share, 0) if free else int(share)
