"""What the ledger of an older crawler tells of itself."""

from crawler.frontier.sql.states import ROBOTS_JOB
from crawler.frontier.sqlite.file.procedures import Connection
from crawler.frontier.sums import JobSums, Sums


def sums(db: Connection) -> Sums:
    """Return its id and the names of its jobs."""
    return Sums(_older_uid(db), current=False, jobs=_names(db))


def _names(db: Connection) -> list[JobSums]:
    """Return the jobs in a state file of any version, by their names alone."""
    rows = db.execute("SELECT name FROM job WHERE id != ?", (ROBOTS_JOB,))
    return [JobSums(name) for (name,) in rows.fetchall()]


def _older_uid(db: Connection) -> str:
    """Return the id of a ledger of any version; '' for one that has none."""
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'ledger'").fetchone():
        return ""
    (uid,) = db.execute("SELECT uid FROM ledger").fetchone()
    return str(uid)
