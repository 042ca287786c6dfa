"""What somebody sees who looks at the visits under way."""

from crawler.frontier.sql.connection import Connection
from crawler.frontier.values import UnderWay
from crawler.model import Seconds

_VISITS = """
SELECT process, url, job, began_at, bytes FROM under_way
WHERE process IN (SELECT id FROM process) ORDER BY began_at"""
_LOOK = "INSERT INTO looked VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at"


def look(db: Connection, now: Seconds) -> int:
    """Note that somebody looks."""
    db.execute(_LOOK, (now,))
    return 1


def visits(db: Connection, now: Seconds) -> list[tuple[int, UnderWay]]:
    """Return the visits that processes told of, the oldest first, each with its owner."""
    return [
        (owner, UnderWay(url, job, max(0.0, now - began_at), size))
        for owner, url, job, began_at, size in db.execute(_VISITS)
    ]
