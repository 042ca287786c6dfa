"""Leasing: hosts and tasks pass to a process, in fair parts.

An address stays with one process while that holds a host at it, so that its limit holds for all.
The address of a host is found when its first visit is about to begin; the process then has the
address, or gives the host back if another process has it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from crawler.frontier.sql.connection import Connection, Cursor
from crawler.frontier.sql.procedures import LOOKED_UP, OWN, OWNED, Apart, Procedure
from crawler.frontier.sql.rows import leased, staging
from crawler.frontier.sql.rows.addresses import hold, let_go
from crawler.frontier.sql.rows.course import COLUMNS, course_of
from crawler.frontier.sql.rows.file import Transactions
from crawler.frontier.sql.rows.readiness import LEAVE, LEFT, OWE_ALL, free, owed_rows
from crawler.frontier.sql.rows.terms import Visitor
from crawler.frontier.sql.states import LEASED, WAITING
from crawler.frontier.sql.visits import homes, jars, parking, ready, turns
from crawler.frontier.sql.visits.fair_share import Share
from crawler.frontier.sql.visits.ready import Looks
from crawler.frontier.values import Lease
from crawler.model import Seconds
from crawler.records import HostRecord

FIRST_TASKS = 2
"""Tasks of a host just taken; how many more it can use shows with the next lease."""

_BACK = f"UPDATE task SET state = {WAITING}, attempt = attempt - 1 WHERE"
_LEASED = f"{LOOKED_UP} = {LEASED} AND"
_PART = """
INSERT OR IGNORE INTO parted
SELECT address FROM host WHERE id IN (/* few */ SELECT id FROM temp.owed) AND address IS NOT NULL"""
_REFUSE = """
INSERT INTO refused SELECT owed.id FROM temp.owed CROSS JOIN address ON ip = owed.address
WHERE NOT leaves AND owner IS NOT NULL AND owner != :owner"""
_RETURNED = f"""
temp.returned CROSS JOIN task ON task.id = returned.id WHERE {LOOKED_UP} = {LEASED}"""
_REFUSED = f"temp.refused CROSS JOIN task ON task.host = refused.host WHERE state = {LEASED}"
_LEAVING = f"{LEFT} UNION ALL SELECT host FROM temp.refused"
_OWN = f"""
DELETE FROM wanted WHERE NOT EXISTS (/* each */
    SELECT 1 FROM host WHERE host.id = wanted.host AND {OWN})"""
_MOVE = "UPDATE host SET store = 0 WHERE id = ?"
"""Any machine may take the host then."""
_EMPTY = tuple(f"DELETE FROM {table}" for table in ("parted", "refused", "turn", "taken"))
"""Empties the tables that the procedures of a lease fill."""
KEEP = Procedure("keep", "owner now", *_EMPTY, _OWN, fenced=True)
"""What is left of GIVE_BACK where nothing is given back and nothing moves."""
GIVE_BACK = Procedure(
    "give_back",
    "owner now",
    *_EMPTY,
    Apart("found_addresses"),
    leased.fewer(f"{_RETURNED} AND {OWNED}"),
    f"{_BACK} {_LEASED} id IN (/* few */ SELECT id FROM temp.returned) AND {OWNED}",
    _REFUSE,
    _PART,
    LEAVE,
    *OWE_ALL,
    _PART,
    leased.fewer(f"{_REFUSED} AND {OWNED}"),
    f"{_BACK} state = {LEASED} AND host IN (/* few */ SELECT host FROM temp.refused) AND {OWNED}",
    free(_LEAVING),
    hold("SELECT id FROM temp.owed"),
    let_go("SELECT ip FROM temp.parted"),
    _OWN,
    fenced=True,
)
"""Gives back tasks, and hosts that leave or whose address is another process's; moves the others.

The addresses before and after are `parted`, for no host may be left there.
"""
_NEW = "SELECT host FROM temp.wanted WHERE new"
TAKE = Procedure(
    "take_hosts",
    "owner hosts tasks",
    """
INSERT INTO wanted SELECT value, :tasks, :tasks, TRUE, key - 1000000
FROM json_each(:hosts) WHERE true ON CONFLICT (host) DO UPDATE SET new = TRUE""",
    Apart("taken_addresses"),
    f"UPDATE host SET owner = :owner WHERE id IN (/* few */ {_NEW})",
    hold(_NEW),
)
"""Makes hosts those of the owner; they are wanted, and come before those to be refilled."""
TAKE_BACK = Procedure(
    "take_back",
    "owner now",
    leased.fewer(f"temp.taken CROSS JOIN task USING (id, job) WHERE {LOOKED_UP} = {LEASED}"),
    f"{_BACK} {_LEASED} id IN (/* few */ SELECT id FROM temp.taken)",
    free(_NEW),
    let_go(f"SELECT address FROM host WHERE id IN ({_NEW})"),
)
_NEXT = f"""
SELECT {COLUMNS}, (SELECT min(ready_at) FROM ({homes.NEXT} UNION ALL {parking.FIRST})) FROM clock"""
"""The clock's course, and when the next host is ready that nobody owns."""
_ANSWERED = """
SELECT owed.address, ifnull(address.answered_at, 0.0)
FROM temp.owed LEFT JOIN address ON ip = owed.address
WHERE NOT leaves AND owed.address IS NOT NULL"""


def lease(
    file: Transactions,
    visitor: Visitor,
    looks: Looks,
    owner: int,
    now: Seconds,
    new: int,
    refills: Mapping[int, int],
    idle: Sequence[HostRecord],
    back: Sequence[int],
    found: Sequence[HostRecord],
) -> Lease:
    """Free and move hosts, take new ones, take tasks: in this order, so that one may come back.

    Tasks of a host that moves go back with it, for it moves only while none of its visits is open.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    db = file.db
    if file.unanswered:
        file.undo_lease(owner, now)
    _know(file, visitor)
    moves = _stage(db, refills, idle, back, found)
    all_jobs, store = visitor.jobs is None, visitor.store
    values = {"owner": owner, "now": now, "new": new, "all_jobs": all_jobs, "store": store}
    moving = [(one.id,) for one in idle if one.moves]
    taken = looks.company.run(
        file, lambda: _take(file, looks, values, refills, moves=moves, moving=moving)
    )
    refused, answered = _moved(db) if moves else ((), ())
    asked = turns.Answer(db) if taken.some or refills else None
    hosts = asked.read(file.names, visitor) if asked else ()
    lease = Lease(
        jars.with_jars(db, visitor, hosts) if visitor.keeps else hosts,
        taken.share.surplus,
        taken.share.moving,
        taken.next_at,
        more=taken.more,
        refused=frozenset(host for (host,) in refused),
        answered_at=dict(answered),
        course=course_of(taken.course),
    )
    file.unanswered = False
    return lease


class _Taken(NamedTuple):
    """What a lease has taken, beside hosts and tasks."""

    some: bool
    """Whether there are hosts among it."""
    share: Share
    more: bool
    """Whether hosts were not looked at."""
    next_at: Seconds | None
    course: tuple[Any, ...]


def _take(
    file: Transactions,
    looks: Looks,
    values: Mapping[str, Any],
    refills: Mapping[int, int],
    *,
    moves: bool,
    moving: Sequence[tuple[int]],
) -> _Taken:
    """Give back, and take hosts and tasks, unless everything is paused."""
    db = file.db
    db.run(GIVE_BACK if moves else KEEP, values)
    if moving:
        db.executemany(_MOVE, moving)
    found = ready.choose(db, looks, values)
    if found.hosts:
        own = {"owner": values["owner"], "hosts": json.dumps(found.hosts), "tasks": FIRST_TASKS}
        db.run(TAKE, own)
    if not found.paused and (found.hosts or refills):
        turns.take(db, values)
    *course, next_at = db.execute(_NEXT, values).fetchone()
    file.note_lease(values["owner"])
    return _Taken(bool(found.hosts), found.share, found.more, next_at, tuple(course))


def _know(file: Transactions, visitor: Visitor) -> None:
    """Note which jobs the process visits, as it said with the lease."""
    if file.known is not visitor:
        held = [(name,) for name in visitor.held | visitor.awaiting]
        staging.fill(file.db, my_job=(visitor.jobs or {}).items(), held_job=held)
        file.known = visitor


def _stage(
    db: Connection,
    refills: Mapping[int, int],
    idle: Sequence[HostRecord],
    back: Sequence[int],
    found: Sequence[HostRecord],
) -> bool:
    """Make the rows of what is wanted, given back and moved; tell whether anything of it moves."""
    bounded = [(host, min(number, turns.MOST)) for host, number in refills.items()]
    wanted = [(host, n, turns.UPTO[n], False, at) for at, (host, n) in enumerate(bounded)]
    moves = bool(idle or back or found)
    moved = {"returned": [(task,) for task in back], **owed_rows(found, idle)} if moves else {}
    staging.fill(db, wanted=wanted, **moved)
    return moves


def _moved(db: Connection) -> tuple[Cursor, Cursor]:
    """Ask for the hosts that were refused, and when the addresses answered of the others."""
    return db.execute("SELECT host FROM temp.refused"), db.execute(_ANSWERED)
