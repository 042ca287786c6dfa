"""Hooks, and how many events wait for each."""

from crawler.frontier.outbox import MAX_COUNTED, HookState
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.course import STEPPED

_HOOKS = f"""
SELECT job, name,
    (SELECT count(*) FROM (
        SELECT 1 FROM outbox WHERE outbox.hook = hook.id LIMIT {MAX_COUNTED}) AS line),
    failures, failing_since + {STEPPED}, reason
FROM hook ORDER BY job, name, id"""


def hooks(db: Connection) -> list[HookState]:
    """Return all hooks, by their jobs."""
    return [HookState(*row) for row in db.execute(_HOOKS).fetchall()]
