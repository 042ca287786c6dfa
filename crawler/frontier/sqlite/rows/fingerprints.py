"""Which URLs are known: the index from fingerprints to tasks. Runs in the native thread.

Fingerprints come in no order, so that in a long index each new one dirties a page of its own, which
is then written twice: to the write-ahead log and to the file. So they wait in `recent`, which is
short, until a stretch of neighbours moves to `fingerprint` at once, several to a page: the two
levels of a log-structured merge tree (O'Neil et al. 1996). At 4 million URLs on 1,000 hosts a URL
wrote 5.5 KB in all, and 10.2 KB with one index. The view `known` has both.
"""

import sqlite3
from collections.abc import Sequence

from crawler.frontier.sqlite.rows.names import Names
from crawler.frontier.values import BEFORE_ALL

MAX_RECENT = 150_000
"""Fingerprints that wait. More of them are closer neighbours, and themselves more pages."""
MOVED_AT_ONCE = 20_000
"""Fingerprints that move in one transaction, at most."""
COUNTED_EVERY = 5000
"""URLs that become known between two counts of those that wait: to count reads all of them."""
TASK_OF = "(SELECT task FROM known WHERE fingerprint = ?)"

_STRETCH = """
SELECT max(fingerprint), count(*) FROM (
    SELECT fingerprint FROM recent WHERE fingerprint > ? ORDER BY fingerprint LIMIT ?)"""


def is_known(db: sqlite3.Connection, fingerprint: int) -> bool:
    """Tell whether there is a task of this fingerprint."""
    found = db.execute("SELECT 1 FROM known WHERE fingerprint = ?", (fingerprint,))
    return found.fetchone() is not None


def note(db: sqlite3.Connection, last: int) -> None:
    """Note the fingerprints of the tasks added just now: their numbers are above `last`."""
    db.execute(
        "INSERT OR FAIL INTO recent SELECT fingerprint, id FROM task WHERE id > ? "
        "ORDER BY fingerprint",
        (last,),
    )


def move(db: sqlite3.Connection, names: Names, added: int) -> None:
    """Move the next stretch of neighbours if too many wait, and begin again after the last."""
    names.uncounted += added
    if names.uncounted < COUNTED_EVERY:
        return
    names.uncounted = 0
    (waiting,) = db.execute("SELECT count(*) FROM recent").fetchone()
    number = min(waiting - MAX_RECENT, MOVED_AT_ONCE)
    if number <= 0:
        return
    (at,) = db.execute("SELECT at FROM sweep").fetchone()
    upto, found = db.execute(_STRETCH, (at, number)).fetchone()
    if found:
        stretch = "WHERE fingerprint > ? AND fingerprint <= ?"
        db.execute(f"INSERT OR FAIL INTO fingerprint SELECT * FROM recent {stretch}", (at, upto))
        db.execute(f"DELETE FROM recent {stretch}", (at, upto))
    db.execute("UPDATE sweep SET at = ?", (upto if found == number else BEFORE_ALL,))


def forget(db: sqlite3.Connection, fingerprints: Sequence[int]) -> None:
    """Forget fingerprints whose tasks are gone."""
    rows = [(one,) for one in fingerprints]
    db.executemany("DELETE FROM recent WHERE fingerprint = ?", rows)
    db.executemany("DELETE FROM fingerprint WHERE fingerprint = ?", rows)
