"""The visits under way, as processes tell of them while somebody looks."""

from crawler.frontier.sql.connection import Connection
from crawler.frontier.values import Pulse
from crawler.frontier.wishes import LOOKED_S
from crawler.model import Seconds

_CLEAR = """
DELETE FROM under_way WHERE process = ? OR process NOT IN (SELECT id FROM process)"""
_TELL = "INSERT INTO under_way VALUES (?, ?, ?, ?, ?, ?)"


def note(db: Connection, owner: int, pulse: Pulse, now: Seconds) -> bool:
    """Record what a process tells of its visits; return whether somebody looks."""
    db.execute(_CLEAR, (owner,))
    visits = enumerate(pulse.visits_under_way)
    db.executemany(
        _TELL, [(owner, n, one.url, one.job, now - one.age, one.bytes) for n, one in visits]
    )
    row = db.execute("SELECT at > ? FROM looked", (now - LOOKED_S,)).fetchone()
    return bool(row and row[0])
