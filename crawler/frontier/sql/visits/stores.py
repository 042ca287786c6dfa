"""Stores: the output folders in which files lie."""

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.procedures import lost_error
from crawler.model import Seconds

_MEET = """
INSERT INTO store (id, uid, machine, folder, seen_at)
SELECT (SELECT ifnull(max(id), 0) + 1 FROM store), :uid, machine, :folder, CAST(:now AS REAL)
FROM process WHERE id = :owner
ON CONFLICT (uid) DO UPDATE SET
    machine = excluded.machine, folder = excluded.folder, seen_at = excluded.seen_at
RETURNING id"""


def store_in(db: Connection, owner: int, uid: str, folder: str, now: Seconds) -> int:
    """Note where an owner stores its files; return the number of that store.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    values = {"owner": owner, "uid": uid, "folder": folder, "now": now}
    met = db.execute(_MEET, values).fetchall()
    if not met:
        raise lost_error()
    db.execute("UPDATE process SET store = ? WHERE id = ?", (met[0][0], owner))
    return int(met[0][0])
