"""Events leave the outbox: a process takes them, and says what came of them."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from crawler.frontier.outbox import Event, Notices, Outlook, Told, Waiting
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.outbox.owning import require_owner
from crawler.frontier.sql.outbox.putting import outgoing, put
from crawler.frontier.sql.rows import staging
from crawler.frontier.sql.rows.file import Transactions
from crawler.frontier.sql.rows.names import Names
from crawler.model import Seconds

Row = tuple[Any, ...]
BLOCKED_S: Seconds = 1.0
"""Shortest wait of an event before which another one of its lane is taken or waits."""
MAX_TAKEN = 100
"""Events that are taken at once."""
_HOOKS = """
SELECT id, rests_until,
    (SELECT min(due_at) FROM outbox WHERE outbox.hook = hook.id AND owner IS NULL)
FROM hook"""
_DUE = f"""
SELECT id, event, lane, body, attempts, made_at,
    (SELECT count(*) FROM (SELECT 1 FROM outbox AS e
        WHERE e.hook = o.hook AND e.lane = o.lane AND e.id < o.id LIMIT {MAX_TAKEN}) AS before),
    (SELECT e.due_at FROM outbox AS e
        WHERE e.hook = o.hook AND e.lane = o.lane ORDER BY e.id LIMIT 1)
FROM outbox AS o
WHERE hook = :hook AND owner IS NULL AND due_at <= :now ORDER BY due_at, id LIMIT :number"""
"""With how many of its lane are before each, and when the first of these is due."""
_THESE = "id IN (SELECT value FROM json_each(:these))"
_TAKE = f"UPDATE outbox SET owner = :owner WHERE owner IS NULL AND {_THESE}"
_PUT_OFF = "UPDATE outbox SET due_at = :at WHERE id = :id AND owner IS NULL"
_GONE = f"DELETE FROM outbox WHERE hook = :hook AND owner = :owner AND {_THESE}"
_BACK = f"UPDATE outbox SET owner = NULL WHERE owner = :owner AND {_THESE}"
_FAILED = """
UPDATE outbox SET owner = NULL, attempts = attempts + 1, due_at = :at
WHERE id = :id AND owner = :owner"""
_WELL = """
UPDATE hook SET failures = 0, failing_since = NULL, rests_until = 0, reason = ''
WHERE id = :hook AND failures > 0"""
_ILL = f"""
UPDATE hook SET failures = failures + 1, failing_since = ifnull(failing_since, :now),
    rests_until = :until, reason = :reason
WHERE id = :hook AND EXISTS (SELECT 1 FROM outbox WHERE owner = :owner AND {_THESE})"""
"""What is told twice counts once: then its events are the owner's no more."""
_TALLY = "SELECT kind, n FROM tally WHERE job = ?"
_READING = "SELECT 1 FROM source WHERE job = ? AND reader IS NOT NULL LIMIT 1"


def outlook(
    db: Connection, hooks: Collection[int], jobs: Mapping[str, bool], now: Seconds
) -> Outlook:
    """Return what waits for hooks, and which of these jobs are over."""
    rows = db.execute(_HOOKS).fetchall() if hooks else []
    due = {
        hook: max(due_at, rests_until) - now
        for hook, rests_until, due_at in rows
        if due_at is not None and hook in hooks
    }
    taken = db.execute("SELECT 1 FROM outbox WHERE owner IS NOT NULL LIMIT 1").fetchone()
    over = [job for job, scheduled in jobs.items() if _is_over(db, job, scheduled=scheduled)]
    unknown = not {row[0] for row in rows}.issuperset(hooks)
    return Outlook(due, taken is not None, unknown, over)


def _is_over(db: Connection, job: str, *, scheduled: bool) -> bool:
    """Tell whether a job has had a visit, and each of its URLs its end."""
    found = db.execute(
        "SELECT job FROM begun WHERE job = (SELECT id FROM job WHERE name = ?)", (job,)
    ).fetchone()
    if found is None or db.execute(_READING, found).fetchone():
        return False
    kinds = Counter(dict(db.execute(_TALLY, found).fetchall()))
    known, retired, again = (kinds.pop(name, 0) for name in ("", "retired", "+"))
    return known - retired == kinds.total() and (scheduled or not again)


def take(db: Connection, owner: int, hook: int, number: int, now: Seconds) -> list[Waiting]:
    """Take events of a hook, in their order within each lane.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    require_owner(db, owner)
    rows = db.execute(_DUE, {"hook": hook, "now": now, "number": number}).fetchall()
    taken, blocked = _parted(rows)
    if taken:
        db.execute(_TAKE, {"owner": owner, "these": json.dumps([row[0] for row in taken])})
    waits = [{"id": row[0], "at": max(row[-1], now + BLOCKED_S)} for row in blocked]
    if waits:
        db.executemany(_PUT_OFF, waits)
    return [
        Waiting(id_, event, lane, body, attempts, now - made_at)
        for id_, event, lane, body, attempts, made_at, *_ in taken
    ]


def _parted(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Part events that may be told from those before which others come that are not here."""
    taken: list[Row] = []
    blocked: list[Row] = []
    ahead: Counter[int] = Counter()
    for row in sorted(rows):
        lane, before = row[2], row[-2]
        if before == ahead[lane]:
            ahead[lane] += 1
            taken.append(row)
        else:
            blocked.append(row)
    return taken, blocked


def told(db: Connection, owner: int, hook: int, told: Told, now: Seconds) -> None:
    """Record what came of events, and how their hook is.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    require_owner(db, owner)
    mine = {"owner": owner, "hook": hook}
    if told.reason:
        these = json.dumps([*told.failed, *told.given_up])
        until = now + told.rest
        values = {"now": now, "until": until, "reason": told.reason, "these": these}
        db.execute(_ILL, mine | values)
    elif told.delivered:
        db.execute(_WELL, {"hook": hook})
    if gone := [*told.delivered, *told.given_up]:
        db.execute(_GONE, mine | {"these": json.dumps(gone)})
    if told.back:
        db.execute(_BACK, {"owner": owner, "these": json.dumps([*told.back])})
    if told.failed:
        rows = [{"id": one, "at": now + wait} for one, wait in told.failed.items()]
        db.executemany(_FAILED, [row | {"owner": owner} for row in rows])


def close_job(
    file: Transactions,
    names: Names,
    owner: int,
    job: str,
    events: Sequence[Event],
    now: Seconds,
    *,
    scheduled: bool,
) -> bool:
    """Record that a job is over, with its events; tell whether it is so.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    db = file.db
    staging.fill(db, settled=(), **outgoing(events))
    with file.locked():
        require_owner(db, owner)
        if not _is_over(db, job, scheduled=scheduled):
            return False
        put(db, names, Notices(events), now)
        db.execute("DELETE FROM begun WHERE job = ?", (names.job_id(db, job),))
    return True
