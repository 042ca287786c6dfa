"""Standing wishes come and go; hosts and jobs learn it in the same transaction."""

import json
from collections import Counter
from typing import Any

from crawler.errors import UsageError
from crawler.frontier.answers import Changed, Cursor, Page
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.desk.selection import host_numbers, hosts_of_name
from crawler.frontier.sql.rows.file import File
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.wished import all_wishes, give, have_told, note_change
from crawler.frontier.sql.states import LEASED, ROBOTS_JOB
from crawler.frontier.wishes import GiveOrder, MakeWish, Scope, Subject, TakeBackWish, Verb, Wish
from crawler.model import Seconds

_WHICH = "verb = ? AND scope = ? AND subject = ? AND option = ?"
_STANDS = f"SELECT value, until IS NULL, why FROM wish WHERE {_WHICH}"
_MAKE = """
INSERT INTO wish (verb, scope, subject, option, value, who, machine, why, made_at, until)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (verb, scope, subject, option) DO UPDATE SET value = excluded.value,
    who = excluded.who, machine = excluded.machine, why = excluded.why,
    made_at = excluded.made_at, until = excluded.until"""
_OF_HOST = "SELECT subject FROM wish WHERE scope = 'host' AND subject IN (?, ?)"
_TAKE_BACK = f"DELETE FROM wish WHERE {_WHICH}"
_OVER = "SELECT verb, scope, subject, option FROM wish WHERE until <= ?"
_LEASED = "SELECT ifnull(sum(n), 0) FROM leased"
_LEASED_AT = f"""
SELECT count(*) FROM task
WHERE state = {LEASED} AND host IN (SELECT value FROM json_each(?))"""
_JOBS = "SELECT name FROM job WHERE active AND id != ? ORDER BY name"


def standing(db: Connection, after: int) -> Page[Wish]:
    """Return all that operators made, by hand."""
    found = (wish for wish in all_wishes(db) if wish.verb is not Verb.CAP)
    return Page([wish for wish in found if wish.id > after], None)


def make(file: File, action: MakeWish, now: Seconds, _: Cursor) -> Changed:
    """Have a wish stand, and what it is for follow."""
    db, wisher = file.db, action.wisher
    value = json.dumps(action.value)
    with file.locked():
        which = (action.verb, action.subject.scope, subject_of(db, action.subject), action.option)
        before = db.execute(_STANDS, which).fetchone()
        if before == (value, action.lasts is None, wisher.why) and action.lasts is None:
            return Changed(Counter())
        until = None if action.lasts is None else now + action.lasts
        db.execute(_MAKE, (*which, value, wisher.who, wisher.machine, wisher.why, now, until))
        _follow(db, which, now)
    return Changed(Counter({"changed" if before else "new": 1}))


def take_back(file: File, action: TakeBackWish, now: Seconds) -> Changed:
    """Have a wish stand no more, and what it was for follow."""
    with file.locked():
        subject = _wished_of(file.db, action.subject) or subject_of(file.db, action.subject)
        which = (action.verb, action.subject.scope, subject, action.option)
        return Changed(Counter({"": _take_back(file.db, which, now)}))


def end(file: File, now: Seconds) -> Changed:
    """Take back the wishes whose time is over."""
    with file.locked():
        over = file.db.execute(_OVER, (now,)).fetchall()
        return Changed(Counter({"": sum(_take_back(file.db, which, now) for which in over)}))


def give_order(file: File, order: GiveOrder, now: Seconds) -> Changed:
    """Tell processes something, once."""
    with file.locked():
        return Changed(Counter({"": give(file.db, order, now)}))


def in_flight(db: Connection, subject: Subject) -> int:
    """Return how many URLs of a subject are leased."""
    (found,) = db.execute(*_leased(db, subject)).fetchone()
    return int(found)


def subject_of(db: Connection, subject: Subject) -> str:
    """Return a subject as its row has it.

    Raises:
        UsageError: the ledger does not know it.
    """
    if subject.scope is Scope.JOB:
        jobs = [name for (name,) in db.execute(_JOBS, (ROBOTS_JOB,))]
        if subject.name not in jobs:
            known = ", ".join(jobs) or "none"
            raise UsageError(f"the configuration has no job {subject.name}; it has {known}")
    if subject.scope is not Scope.HOST:
        return subject.name
    name = subject.name.lower()
    host_numbers(db, name)
    exact = db.execute("SELECT 1 FROM host WHERE key = ?", (name,)).fetchone()
    return name if exact else f"{name}:"


def _wished_of(db: Connection, subject: Subject) -> str | None:
    """Return a host as its wishes have it, for it may be forgotten by now; None without any."""
    if subject.scope is not Scope.HOST:
        return None
    name = subject.name.lower()
    found = db.execute(_OF_HOST, (name, f"{name}:")).fetchone()
    return str(found[0]) if found else None


def _take_back(db: Connection, which: tuple[Any, ...], now: Seconds) -> int:
    taken = db.execute(_TAKE_BACK, which).rowcount
    if taken:
        _follow(db, which, now)
    return taken


def _follow(db: Connection, which: tuple[Any, ...], now: Seconds) -> None:
    """Have hosts be ready or not, and processes hear of it; hosts of a job are told by `Wake`."""
    verb, scope, subject, _ = which
    if verb == Verb.PAUSE and scope == Scope.HOST:
        update_ready_at(db, hosts_of_name(db, subject.removesuffix(":")), now)
    if verb == Verb.PAUSE and scope == Scope.JOB:
        have_told(db, subject)
    note_change(db)


def _leased(db: Connection, subject: Subject) -> tuple[str, list[Any]]:
    if subject.scope is Scope.JOB:
        job = db.execute("SELECT id FROM job WHERE name = ?", (subject.name,)).fetchone()
        return f"{_LEASED} WHERE job = ?", [job[0] if job else None]
    if subject.scope is Scope.HOST:
        numbers = json.dumps(host_numbers(db, subject.name.lower()))
        return _LEASED_AT, [numbers]
    return _LEASED, []
