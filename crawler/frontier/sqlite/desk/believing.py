"""`crawler reload --believe`: the lists of a job lost many URLs, and the operator says: rightly."""

from crawler.errors import UsageError
from crawler.frontier.sqlite.desk.slices import one_slice
from crawler.frontier.sqlite.file.statefile import Connection


def believe(db: Connection, job: str) -> int:
    """Have the next pass of a job's lists applied that has lost no more; return its URLs.

    Raises:
        UsageError: nothing of such a job is held.
    """
    with one_slice(db):
        row = db.execute("SELECT held FROM job WHERE name = ? AND active", (job,)).fetchone()
        if row is None:
            raise UsageError(f"there is no job {job}")
        if row[0] is None:
            raise UsageError(f"{job}: nothing is held, so there is nothing to believe")
        db.execute("UPDATE job SET believed = 1 WHERE name = ?", (job,))
    return int(row[0])
