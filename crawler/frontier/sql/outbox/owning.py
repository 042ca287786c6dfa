"""Which process has taken an event."""

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.procedures import lost_error


def free(db: Connection, owner: int) -> None:
    """Have what a process has taken wait again."""
    db.execute("UPDATE outbox SET owner = NULL WHERE owner = ?", (owner,))


def require_owner(db: Connection, owner: int) -> None:
    """See that an owner lives.

    Raises:
        LeaseLostError: it was taken for dead.
    """
    if db.execute("SELECT 1 FROM process WHERE id = ?", (owner,)).fetchone() is None:
        raise lost_error()
