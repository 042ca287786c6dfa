"""Events come into the outbox: with the settlements that they tell of, or by themselves."""

from collections.abc import Sequence
from typing import Any

from crawler.frontier.outbox import Event, HookTerms, Notices
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.outbox.owning import free, require_owner
from crawler.frontier.sql.rows import staging
from crawler.frontier.sql.rows.file import Transactions
from crawler.frontier.sql.rows.names import Names
from crawler.model import Seconds

_PUT = """
INSERT OR IGNORE INTO outbox (hook, event, lane, body, made_at, due_at)
SELECT hook, event, lane, body, :now, :now FROM temp.outgoing
WHERE task IS NULL OR task IN (/* few */ SELECT id FROM temp.settled) ORDER BY nth"""
"""A settlement that does not count is not among the settled any more, and tells nothing."""
_BEGUN = "INSERT OR IGNORE INTO begun (job) VALUES (?)"
_ENLIST = """
INSERT INTO hook (id, job, name) VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name"""
_NAMELESS = """
WITH RECURSIVE each (id) AS (
    SELECT min(hook) FROM outbox
    UNION ALL SELECT (SELECT min(hook) FROM outbox WHERE hook > each.id) FROM each
    WHERE each.id IS NOT NULL)
SELECT id FROM each
WHERE id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM hook WHERE hook.id = each.id)"""
"""Hooks that events wait for and that no process knows, found by leaps through an index."""


def outgoing(events: Sequence[Event]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the temporary table that events are staged in, none where there is no event."""
    rows = [(nth, *event) for nth, event in enumerate(events)]
    return {"outgoing": rows} if rows else {}


def put(db: Connection, names: Names, notices: Notices, now: Seconds) -> None:
    """Record staged events, and that jobs have had a visit, after their settlements."""
    if notices.events:
        db.execute(_PUT, {"now": now})
    for job in sorted(notices.begun):
        db.execute(_BEGUN, (names.job_id(db, job),))


def note(file: Transactions, owner: int, events: Sequence[Event], now: Seconds) -> None:
    """Record events that come with no settlement.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    staging.fill(file.db, settled=(), **outgoing(events))
    with file.locked():
        require_owner(file.db, owner)
        put(file.db, file.names, Notices(events), now)


def enlist(
    db: Connection, owner: int, hooks: Sequence[HookTerms], *, begins: bool
) -> list[HookTerms]:
    """Make hooks known, free what the owner had taken if it begins; return those that are others.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    require_owner(db, owner)
    if begins:
        free(db, owner)
    if hooks:
        db.executemany(_ENLIST, hooks)
    mine = {one.id for one in hooks}
    rows = db.execute("SELECT id, job, name FROM hook ORDER BY id").fetchall()
    nameless = [HookTerms(id_, "", "") for (id_,) in db.execute(_NAMELESS).fetchall()]
    return [*(HookTerms(*row) for row in rows if row[0] not in mine), *nameless]
