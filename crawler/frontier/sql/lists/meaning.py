"""What lists say of URLs beside naming them: their files, and columns for headers.

Both are written with the row of a URL when a line of it is read. When the options change by which
lines are understood the lists are read again, and the rows change.
"""

import json
from collections.abc import Iterable

from crawler.frontier.answers import Page
from crawler.frontier.entries import Filed, Said
from crawler.frontier.queries import FiledOf
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.fingerprints import TASK_OF
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.sql.states import RETIRED
from crawler.frontier.work import Tidied, Understand
from crawler.policy.checksums import BOUND
from crawler.records import Seed

ROWS_AT_ONCE = 2000
COUNTED_AT_ONCE = 10_000
_FILED = f"""
SELECT id, job, digest IS NOT NULL FROM task WHERE id > ? AND state != {RETIRED}
ORDER BY id LIMIT ?"""
_SAY = f"""
UPDATE task SET path = CASE WHEN digest IS NULL THEN ifnull(:path, path) ELSE path END,
    extra = CASE WHEN CAST(:extra AS TEXT) IS NULL THEN extra
        ELSE json_patch(ifnull(extra, '{{}}'), :extra) END
WHERE id = {TASK_OF.replace("?", ":fingerprint")}"""
_SLICE = "SELECT id, job, path IS NOT NULL AND digest IS NULL FROM task WHERE id > ? ORDER BY id"


def say(db: Connection, seeds: Iterable[Seed]) -> None:
    """Write what lines say of URLs that are known; a URL keeps the file that it has.

    Columns of an older reading stay beside the new ones: headers may use them until all lists of
    the job are read.
    """
    said = [
        {"path": seed.path, "extra": seed.extra, "fingerprint": seed.fingerprint}
        for seed in seeds
        if seed.path or seed.extra
    ]
    db.executemany(_SAY, said)


def filed(db: Connection, query: FiledOf, after: int) -> Page[Filed]:
    """Count among a slice of tasks those of a job that are listed, with a file and without one."""
    row = db.execute("SELECT id FROM job WHERE name = ?", (query.job,)).fetchone()
    found = db.execute(_FILED, (after, COUNTED_AT_ONCE)).fetchall() if row else []
    mine = [has_file for _, number, has_file in found if number == row[0]]
    last = found[-1][0] if len(found) == COUNTED_AT_ONCE else None
    return Page([Filed(sum(mine), len(mine) - sum(mine))], last)


def understand(one: Slice, work: Understand) -> Tidied[None]:
    """Note the marks of the options by which all lines of jobs were understood, at the end.

    Before that URLs of some jobs that have no file yet forget the file that a line gave them.
    """
    db, after = one.db, _free_paths(one, work.freed) if work.freed else None
    if after is None:
        rows = [(mark, one.names.job_id(db, job)) for job, mark in work.marks.items()]
        db.executemany("UPDATE job SET meaning = ? WHERE id = ?", rows)
    return Tidied(None, after)


def _free_paths(one: Slice, jobs: Iterable[str]) -> int | None:
    numbers = {one.names.job_id(one.db, job) for job in jobs}
    found = one.db.execute(f"{_SLICE} LIMIT ?", (one.begin, ROWS_AT_ONCE)).fetchall()
    freed = [(task,) for task, job, fixed in found if job in numbers and fixed]
    one.db.executemany("UPDATE task SET path = NULL WHERE id = ?", freed)
    return int(found[-1][0]) if len(found) == ROWS_AT_ONCE else None


def said(db: Connection, task: int) -> Said:
    """Return what is said of a task now; nothing is of one that is not known any more."""
    row = db.execute("SELECT path, extra FROM task WHERE id = ?", (task,)).fetchone()
    path, extra = row or (None, None)
    columns = json.loads(extra) if extra else {}
    checks = columns.pop(BOUND, "")
    return Said(path, columns or None, checks)
