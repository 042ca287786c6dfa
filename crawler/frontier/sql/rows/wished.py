"""The rows of wishes as values."""

import json
from collections.abc import Collection, Mapping

from crawler.frontier.sql.connection import Connection
from crawler.frontier.wishes import GiveOrder, Order, Scope, Subject, Verb, Wish, Wisher
from crawler.model import Seconds

_WISHES = """
SELECT id, verb, scope, subject, option, value, who, machine, why, made_at, until FROM wish"""
_REPLACE = """
DELETE FROM wish WHERE scope = 'job' AND subject = :new AND EXISTS (
    SELECT 1 FROM wish AS old WHERE old.scope = 'job' AND old.subject = :old
    AND old.verb = wish.verb AND old.option = wish.option)"""
_RENAME = "UPDATE wish SET subject = :new WHERE scope = 'job' AND subject = :old"
_LEAVE = """
DELETE FROM wish WHERE scope = 'job' AND subject IN (SELECT name FROM job WHERE NOT active)"""
_ORDER = """
INSERT INTO ordered (process, verb, who, machine, made_at)
SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM process WHERE id = ?)"""
_UNHEARD = "SELECT id, verb FROM ordered WHERE process = ? AND heard_at IS NULL ORDER BY id"
_HEARD = "UPDATE ordered SET heard_at = ? WHERE id = ? AND process = ?"
_IN_FORCE = "UPDATE process SET heard = max(heard, ?) WHERE id = ?"
_CHANGED = "UPDATE ledger SET wishes = wishes + 1"


def all_wishes(db: Connection) -> list[Wish]:
    """Return the wishes that stand, the oldest first."""
    return [
        Wish(
            number, Verb(verb), Subject(Scope(scope), subject.removesuffix(":")), option,
            json.loads(value), Wisher(*wisher), made_at, until,
        )
        for number, verb, scope, subject, option, value, *wisher, made_at, until in db.execute(
            f"{_WISHES} ORDER BY id"
        ).fetchall()
    ]  # fmt: skip


def leave_with_jobs(db: Connection, renamed: Mapping[str, str]) -> None:
    """Take the wishes of a job along to its new name, and back where the configuration has none."""
    changed = 0
    for new, old in renamed.items():  # of two jobs with one old name the first has its wishes
        names = {"new": new, "old": old}
        db.execute(_REPLACE, names)
        changed += db.execute(_RENAME, names).rowcount
    if db.execute(_LEAVE).rowcount or changed:
        note_change(db)


def give(db: Connection, order: GiveOrder, now: Seconds) -> int:
    """Note an order for those of its processes that are there; return how many these are."""
    wisher = order.wisher
    rows = [(owner, order.order, wisher.who, wisher.machine, now, owner) for owner in order.owners]
    given = sum(db.execute(_ORDER, row).rowcount for row in rows)
    note_change(db)
    return given


def orders_for(db: Connection, owner: int) -> dict[int, Order]:
    """Return the orders that a process has not heard, in turn."""
    return {number: Order(verb) for number, verb in db.execute(_UNHEARD, (owner,))}


def note_heard(
    db: Connection, owner: int, number: int, orders: Collection[int], now: Seconds
) -> bool:
    """Note what a process has heard; return whether it is there."""
    db.executemany(_HEARD, [(now, one, owner) for one in orders])
    return bool(db.execute(_IN_FORCE, (number, owner)).rowcount)


def have_told(db: Connection, job: str) -> None:
    """Have some process tell the hosts of a job that it was paused or resumed."""
    db.execute("UPDATE job SET stale = 2 WHERE name = ?", (job,))


def is_untold(db: Connection) -> bool:
    """Tell whether a process is to tell hosts of their jobs, and none does."""
    return db.execute("SELECT 1 FROM job WHERE stale = 2").fetchone() is not None


def hand_on(db: Connection, owner: int) -> None:
    """Have others tell hosts of their jobs what a process has not told that is no more."""
    if db.execute("UPDATE job SET stale = 2 WHERE stale IN (1, ?)", (-owner,)).rowcount:
        note_change(db)


def void_orders(db: Connection, owner: int) -> None:
    """Forget the orders for a process that is no more."""
    db.execute("DELETE FROM ordered WHERE process = ?", (owner,))


def note_change(db: Connection) -> None:
    """Have every process hear that the wishes are others now."""
    db.execute(_CHANGED)
