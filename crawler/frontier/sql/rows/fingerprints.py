"""Which URLs are known: the index from fingerprints to tasks.

Fingerprints come in no order, so that in a long index each new one dirties a page of its own, which
is then written twice: to the write-ahead log and to the file. So they wait in `recent`, which is
short, until a stretch of neighbours moves to `fingerprint` at once, several to a page: the two
levels of a log-structured merge tree (O'Neil et al. 1996). At 4 million URLs on 1,000 hosts a URL
wrote 5.5 KB in all, and 10.2 KB with one index. The view `known` has both; see lists/merging.py.
"""

from collections.abc import Sequence

from crawler.frontier.sql.connection import Connection

TASK_OF = "(SELECT task FROM known WHERE fingerprint = ?)"


def is_known(db: Connection, fingerprint: int) -> bool:
    """Tell whether there is a task of this fingerprint."""
    found = db.execute("SELECT 1 FROM known WHERE fingerprint = ?", (fingerprint,))
    return found.fetchone() is not None


def note(db: Connection, last: int) -> None:
    """Note the fingerprints of the tasks added just now: their numbers are above `last`."""
    db.execute(
        "INSERT OR FAIL INTO recent SELECT fingerprint, id FROM task WHERE id > ? "
        "ORDER BY fingerprint",
        (last,),
    )


def forget(db: Connection, fingerprints: Sequence[int]) -> None:
    """Forget fingerprints whose tasks are gone, or have another."""
    if fingerprints:
        db.execute("UPDATE ledger SET unlearned = unlearned + 1")
    rows = [(one,) for one in fingerprints]
    db.executemany("DELETE FROM recent WHERE fingerprint = ?", rows)
    db.executemany("DELETE FROM fingerprint WHERE fingerprint = ?", rows)
