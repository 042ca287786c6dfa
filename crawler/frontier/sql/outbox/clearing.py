"""Events that nobody is told of any more: too many of them wait, or their hook is gone."""

from crawler.frontier.outbox import SLICE
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.outbox.owning import require_owner

_NEWEST = "SELECT id FROM outbox WHERE hook = ? ORDER BY id DESC LIMIT 1 OFFSET ?"
_TRIM = f"""
DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox WHERE hook = ? AND id <= ? AND owner IS NULL ORDER BY id LIMIT {SLICE})"""
_DROP = f"""
DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE hook = ? ORDER BY id LIMIT {SLICE})"""


def trim(db: Connection, owner: int, hook: int, most: int) -> int:
    """Give up a slice of the oldest events of a hook where more than `most` wait; count them.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    require_owner(db, owner)
    last = db.execute(_NEWEST, (hook, most)).fetchone()
    return db.execute(_TRIM, (hook, last[0])).rowcount if last else 0


def drop(db: Connection, owner: int, hook: int) -> int:
    """Take a slice of the events of a hook away, and the hook with the last of them; count them.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    require_owner(db, owner)
    dropped = db.execute(_DROP, (hook,)).rowcount
    if dropped < SLICE:
        db.execute("DELETE FROM hook WHERE id = ?", (hook,))
    return dropped
