"""The rows of wishes as values. Runs in the native thread."""

import json
import sqlite3
from collections.abc import Mapping

from crawler.frontier.wishes import Scope, Subject, Verb, Wish, Wisher

_WISHES = """
SELECT id, verb, scope, subject, option, value, who, machine, why, made_at, until FROM wish"""
_RENAME = "UPDATE OR REPLACE wish SET subject = ? WHERE scope = 'job' AND subject = ?"
_LEAVE = """
DELETE FROM wish WHERE scope = 'job' AND subject IN (SELECT name FROM job WHERE NOT active)"""
_CHANGED = "UPDATE ledger SET wishes = wishes + 1"


def all_wishes(db: sqlite3.Connection) -> list[Wish]:
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


def leave_with_jobs(db: sqlite3.Connection, renamed: Mapping[str, str]) -> None:
    """Take the wishes of a job along to its new name, and back where the configuration has none."""
    changed = [db.execute(_RENAME, (new, old)).rowcount for new, old in renamed.items()]
    if db.execute(_LEAVE).rowcount or any(changed):
        note_change(db)


def note_change(db: sqlite3.Connection) -> None:
    """Have every process hear that the wishes are others now."""
    db.execute(_CHANGED)
