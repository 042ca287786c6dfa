"""Changes to many URLs, slice by slice; what a slice has done stays done."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from crawler.frontier.answers import Changed
from crawler.frontier.sql.desk.selection import ENDED, upto
from crawler.frontier.sql.rows.file import File
from crawler.frontier.sql.rows.visited import TASKS

ROWS_AT_ONCE = 2000
"""Rows of one transaction."""
ROW_COLUMNS = f"task.id, task.job, task.state, {ENDED}, url, host, path, fingerprint, store"
Row = tuple[int, int, int, str | None, str, int, str | None, int, int | None]


class Meant(NamedTuple):
    """Which tasks a change is for: a condition on them, and its parameters."""

    clause: str
    parameters: Sequence[Any] = ()


def one_slice(
    file: File, meant: Meant, part: int, after: int, act: Callable[[Sequence[Row]], None] | None
) -> Changed:
    """Find the next tasks beyond `after` and act on them; the cursor is of this `part`.

    They are looked for before the transaction: while nobody waits.
    """
    db, (clause, parameters) = file.db, meant
    with file.locked(write=False):
        last, on = upto(db, after)
        found = db.execute(
            f"SELECT task.id FROM {TASKS} WHERE {clause} AND task.id > ? AND task.id <= ? "
            f"ORDER BY task.id LIMIT {ROWS_AT_ONCE}",
            (*parameters, after, last),
        ).fetchall()
    on = found[-1][0] if len(found) == ROWS_AT_ONCE else on
    ids = ", ".join(str(number) for (number,) in found)
    select = f"SELECT {ROW_COLUMNS} FROM {TASKS} WHERE task.id IN ({ids}) AND {clause}"
    rows: list[Row] = []
    if found:
        with file.locked(write=act is not None):
            rows = db.execute(select, parameters).fetchall()
            if act:
                act(rows)
    counts = Counter(row[3] or "" for row in rows)
    return Changed(counts, None if on is None else (part, on))
