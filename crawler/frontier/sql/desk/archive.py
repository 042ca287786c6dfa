"""The ledger that `crawler fetch --archive` keeps from run to run."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from crawler.frontier.answers import Changed, Cursor
from crawler.frontier.sql.desk.retry import WELL, begin_anew
from crawler.frontier.sql.desk.slices import Meant, Row, one_slice
from crawler.frontier.sql.rows.file import File
from crawler.frontier.sql.states import DEAD, RETIRED, ROBOTS_JOB, WAITING
from crawler.model import Seconds

ROWS_AT_ONCE = 500
"""Rows of a table of lists in one transaction; that of a chunk is as long as 8 kB."""
_LISTS = (("chunk", "id"), ("dropped", "id"), ("unlisted", "job, fingerprint"), ("source", "id"))
LISTS, ENDS, COUNTS = range(3)
"""Parts of the change: the lists go; what failed is retired; nothing counts as listed."""
_FAILED = f"task.state = {RETIRED} AND ended NOT IN {WELL}"
_ENDED = Meant(f"task.job != {ROBOTS_JOB} AND (task.state IN ({WAITING}, {DEAD}) OR {_FAILED})")
_LISTED = Meant(f"task.job != {ROBOTS_JOB} AND listed != 0")


def begin_archive(file: File, now: Seconds, after: Cursor) -> Changed:
    """Let a new run begin, a slice of it; what failed is retired until it is listed."""
    part, number = after
    if part == LISTS:
        with file.locked():
            left = any(_shortened(file, *table) for table in _LISTS)
        return Changed(Counter(), (LISTS, number + 1) if left else (ENDS, 0))
    if part == ENDS:
        act = partial(begin_anew, file, now=now, state=RETIRED)
        done = one_slice(file, _ENDED, ENDS, number, act)
        return Changed(done.counts, done.after or (COUNTS, 0))
    done = one_slice(file, _LISTED, COUNTS, number, partial(_unlist, file))
    return Changed(Counter(), done.after)


def _shortened(file: File, table: str, key: str) -> bool:
    """Delete some rows of a table; return whether there may be more."""
    some = f"SELECT {key} FROM {table} LIMIT {ROWS_AT_ONCE}"
    found = file.db.execute(f"DELETE FROM {table} WHERE ({key}) IN ({some})")
    return found.rowcount == ROWS_AT_ONCE


def _unlist(file: File, rows: Sequence[Row]) -> None:
    file.db.executemany("UPDATE task SET listed = 0 WHERE id = ?", [(row[0],) for row in rows])
