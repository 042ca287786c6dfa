"""No verb about events reads the whole outbox, however many wait in it."""

import re

from crawler.frontier.outbox import Told
from tests.parts.frontier.sql.outbox.scenes import HOOK, OTHER, TERMS, event, taken
from tests.parts.frontiers import join

AT_HAND = "SCAN outbox USING COVERING INDEX outbox_owner"
"""Of the rows that are taken the first one is looked at."""


def _rows(db, statement):
    return db.execute(statement).fetchall()


def test_no_statement_reads_the_whole_outbox(frontier):
    seen = []
    within, db = frontier._file._native.call, frontier._file.db
    owner = join(frontier)
    within(db.set_trace_callback, seen.append)
    frontier.enlist(owner, TERMS, begins=True)
    frontier.note(owner, [event("x", 1), event("y", 2), event("z", 1)])
    frontier.outlook([HOOK], {"job": False})
    one, *others = taken(frontier, owner)
    numbers = [other.number for other in others]
    frontier.told(owner, HOOK, Told([one.number], {numbers[0]: 5.0}, back=numbers[1:]))
    frontier.trim(owner, HOOK, 0)
    frontier.drop(owner, OTHER)
    frontier.leave(owner, [])
    within(db.set_trace_callback, None)
    asked = [one for one in seen if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", one)]
    assert len(asked) > 15
    steps = {
        step[-1]
        for statement in asked
        for step in within(
            lambda sql: db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall(), statement
        )
    }
    assert not [step for step in steps if step.startswith("SCAN outbox") and step != AT_HAND]
