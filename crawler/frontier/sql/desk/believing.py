"""`crawler reload --believe`: the lists of a job lost many URLs, and the operator says: rightly."""

from collections import Counter

from crawler.errors import UsageError
from crawler.frontier.answers import Changed
from crawler.frontier.sql.rows.file import File


def believe(file: File, job: str) -> Changed:
    """Have the next pass of a job's lists applied that has lost no more; count its URLs.

    Raises:
        UsageError: nothing of such a job is held.
    """
    with file.locked():
        row = file.db.execute("SELECT held FROM job WHERE name = ? AND active", (job,)).fetchone()
        if row is None:
            raise UsageError(f"there is no job {job}")
        if row[0] is None:
            raise UsageError(f"{job}: nothing is held, so there is nothing to believe")
        file.db.execute("UPDATE job SET believed = TRUE WHERE name = ?", (job,))
    return Changed(Counter({"": int(row[0])}))
