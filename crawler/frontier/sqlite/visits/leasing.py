"""Leasing: hosts and tasks pass to a process, in fair parts. Runs in the native thread.

An address stays with one process while that holds a host at it, so that its limit holds for all.
The address of a host is found when its first visit is about to begin; the process then has the
address, or gives the host back if another process has it.
"""

import json
import sqlite3
from collections.abc import Sequence

from crawler.frontier.classes import CLASSES, Shares
from crawler.frontier.sqlite.file.schema import LEASED, WAITING
from crawler.frontier.sqlite.rows import addresses, staging
from crawler.frontier.sqlite.rows.readiness import owe, stage_owed, update_ready_at
from crawler.frontier.sqlite.rows.terms import Visitor
from crawler.frontier.sqlite.rows.transactions import Transactions
from crawler.frontier.sqlite.visits import parking, ready, turns
from crawler.frontier.sqlite.visits.owners import renew
from crawler.frontier.values import Lease, Moved
from crawler.model import Seconds
from crawler.records import HostRecord

FIRST_TASKS = 2
"""Tasks of a host just taken; how many more it can use shows with the next lease."""

_OWED = "SELECT id FROM temp.owed"
_FREE = f"UPDATE host SET owner = NULL WHERE id IN ({_OWED}) AND owner = ?"
_PART = f"""
INSERT OR IGNORE INTO temp.parted
SELECT address FROM host WHERE id IN ({_OWED}) AND address IS NOT NULL"""
_PARTED = "SELECT ip FROM temp.parted"
_NEXT = f"""
SELECT min(ready_at) FROM ({
    " UNION ALL ".join(
        f"SELECT * FROM (SELECT ready_at FROM host WHERE class = {weight} AND owner IS NULL "
        "AND NOT parked AND ready_at IS NOT NULL ORDER BY ready_at LIMIT 1)"
        for weight in CLASSES
    )
})"""
_BACK = f"UPDATE task SET state = {WAITING}, attempt = attempt - 1 WHERE state = {LEASED} AND"
_RETURNED = f"{_BACK} id IN (SELECT id FROM temp.returned)"
_ALL_BACK = f"{_BACK} host IN (SELECT value FROM json_each(?))"
_REFUSE = "UPDATE host SET owner = NULL WHERE id IN (SELECT value FROM json_each(?)) AND owner = ?"
_WANT = """
INSERT INTO temp.wanted SELECT value, :tasks, :tasks, 1, key - 1000000 FROM json_each(:hosts)
WHERE true ON CONFLICT DO UPDATE SET new = 1"""
_OWN = "UPDATE host SET owner = ? WHERE id IN (SELECT host FROM temp.wanted WHERE new)"
_REFUSED = """
SELECT owed.id FROM temp.owed CROSS JOIN address ON ip = owed.address
WHERE owner IS NOT NULL AND owner != ?"""
_ANSWERED = """
SELECT owed.address, ifnull(address.answered_at, 0.0)
FROM temp.owed LEFT JOIN address ON ip = owed.address WHERE owed.address IS NOT NULL"""


def _know(file: Transactions, visitor: Visitor) -> None:
    """Note which jobs the process visits, as it said when it asked for the lease."""
    if file.known is not visitor:
        staging.fill(file.db, "my_job", (visitor.jobs or {}).items())
        staging.fill(file.db, "held_job", [(name,) for name in visitor.held])
        file.known = visitor


def lease(
    file: Transactions,
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
    db = file.db
    _take_back_unanswered(file, owner, now)
    _know(file, visitor)
    stage_owed(db, idle)
    staging.fill(db, "returned", [(task,) for task in back])
    wanted = [(host, n, _size(n), 0, at) for at, (host, n) in enumerate(refills.items())]
    staging.fill(db, "wanted", wanted)
    for table in ("parted", "turn", "taken"):
        staging.fill(db, table, ())
    values = {"owner": owner, "now": now, "all": visitor.jobs is None}
    with file.locked():
        renew(db, owner, now)
        db.execute(_RETURNED)
        if idle:
            _free(db, owner, now)
        if new > 0:
            parking.bring_back(db, owner, now)
        share = ready.fair_share(db, owner, now, new)
        hosts, more = ready.choose(db, shares, values, new, share)
        _take(db, owner, hosts)
        turns.take(db, values)
        (next_at,) = db.execute(_NEXT).fetchone()
        file.unanswered = True
    answer = turns.answer(db, file.names, visitor)
    file.unanswered = False
    return Lease(answer, max(0, -share), next_at, more=more)


def _size(tasks: int) -> int:
    """Return the power of two that is no less: hosts of one size are done together."""
    return 1 << (tasks - 1).bit_length()


def _take_back_unanswered(file: Transactions, owner: int, now: Seconds) -> None:
    """Undo a lease whose answer could not be read: its caller has none of it."""
    if not file.unanswered:
        return
    db = file.db
    with file.locked():
        db.execute(f"{_BACK} id IN (SELECT id FROM temp.taken)")
        hosts = "SELECT host FROM temp.wanted WHERE new"
        db.execute(f"UPDATE host SET owner = NULL WHERE id IN ({hosts}) AND owner = ?", (owner,))
        addresses.let_go(db, f"SELECT address FROM host WHERE id IN ({hosts})")
        update_ready_at(db, hosts, now)
    file.unanswered = False


def move(file: Transactions, owner: int, found: Sequence[HostRecord], now: Seconds) -> Moved:
    """Note the addresses of hosts; give back those at an address of another process.

    Their tasks go with them, for a host moves only while none of its visits is open.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    db = file.db
    stage_owed(db, found)
    staging.fill(db, "parted", ())
    with file.locked():
        renew(db, owner, now)
        refused = [host for (host,) in db.execute(_REFUSED, (owner,)).fetchall()]
        _owe(db, owner)
        if refused:
            db.execute(_ALL_BACK, (json.dumps(refused),))
            db.execute(_REFUSE, (json.dumps(refused), owner))
        addresses.hold(db, owner, _OWED)
        addresses.let_go(db, _PARTED)
        update_ready_at(db, refused, now)
    return Moved(frozenset(refused), dict(db.execute(_ANSWERED).fetchall()))


def _owe(db: sqlite3.Connection, owner: int) -> None:
    """Record the rests of the staged hosts; their addresses before and after are `parted`."""
    db.execute(_PART)
    owe(db, owner)
    db.execute(_PART)


def _free(db: sqlite3.Connection, owner: int, now: Seconds) -> None:
    """Leave the staged hosts without an owner, and record their rests."""
    _owe(db, owner)
    db.execute(_FREE, (owner,))
    addresses.let_go(db, _PARTED)
    update_ready_at(db, _OWED, now)


def _take(db: sqlite3.Connection, owner: int, hosts: list[int]) -> None:
    """Make hosts those of the owner; they are wanted, and come before those to be refilled."""
    if not hosts:
        return
    db.execute(_WANT, {"tasks": FIRST_TASKS, "hosts": json.dumps(hosts)})
    db.execute(_OWN, (owner,))
    addresses.hold(db, owner, "SELECT host FROM temp.wanted WHERE new")
