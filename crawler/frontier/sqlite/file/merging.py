"""Fingerprints that wait in the short index move to the long one. Runs in the native thread.

Both levels are described in sql/rows/fingerprints.py.
"""

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.file import File
from crawler.frontier.values import BEFORE_ALL

MAX_RECENT = 150_000
"""Fingerprints that wait. More of them are closer neighbours, and themselves more pages."""
MOVED_AT_ONCE = 2048
"""Fingerprints that move in one transaction: in a long index each dirties a page of its own."""
MOVED_A_CALL = 4 * MOVED_AT_ONCE
"""Those that move before a verb that adds URLs; it adds fewer."""
COUNTED_EVERY = 2000
"""URLs that become known between two counts of those that wait: to count reads all of them."""
_STRETCH = """
SELECT max(fingerprint), count(*) FROM (
    SELECT fingerprint FROM recent WHERE fingerprint > ? ORDER BY fingerprint LIMIT ?)"""


def make_room(file: File) -> None:
    """Move stretches of neighbours if too many wait, and begin again after the last.

    Called before a verb that adds URLs. Each stretch is a transaction of its own: it belongs to no
    verb, and others wait for the file.
    """
    surplus = _surplus(file)
    for moved in range(0, surplus, MOVED_AT_ONCE):
        with file.locked():
            _move(file.db, min(surplus - moved, MOVED_AT_ONCE))


def _surplus(file: File) -> int:
    """Return how many fingerprints are to move now."""
    if file.names.uncounted < COUNTED_EVERY:
        return 0
    with file.locked(write=False):
        (waiting,) = file.db.execute("SELECT count(*) FROM recent").fetchone()
    file.names.uncounted = 0
    return min(int(waiting) - MAX_RECENT, MOVED_A_CALL)


def _move(db: Connection, number: int) -> None:
    """Move the next stretch of so many."""
    (at,) = db.execute("SELECT at FROM sweep").fetchone()
    upto, found = db.execute(_STRETCH, (at, number)).fetchone()
    if found:
        stretch = "WHERE fingerprint > ? AND fingerprint <= ?"
        db.execute(f"INSERT OR FAIL INTO fingerprint SELECT * FROM recent {stretch}", (at, upto))
        db.execute(f"DELETE FROM recent {stretch}", (at, upto))
    db.execute("UPDATE sweep SET at = ?", (upto if found == number else BEFORE_ALL,))
