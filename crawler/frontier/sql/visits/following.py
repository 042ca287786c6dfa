"""What follows settlements in their transaction: failures, what they spend, and events."""

from crawler.frontier.outbox import NO_NOTICES, Notices
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.outbox import putting
from crawler.frontier.sql.procedures import Procedure
from crawler.frontier.sql.rows.budgets import spend
from crawler.frontier.sql.rows.failures import NOTE_FAILURES
from crawler.frontier.sql.rows.names import Names
from crawler.model import Seconds

FAIL = Procedure("note_failures", "now", *NOTE_FAILURES)
"""Notes those of the settlements that failed, after these: most calls have none."""


def follow(
    db: Connection,
    names: Names,
    now: Seconds,
    stepped: Seconds,
    *,
    failed: bool,
    spends: bool,
    notices: Notices,
) -> None:
    """Note the failures that are staged, add up what was spent, and record events."""
    if failed:
        db.run(FAIL, {"now": now})
    if spends:
        spend(db, now, stepped)
    if notices is not NO_NOTICES:
        putting.put(db, names, notices, now - stepped)
