"""Changes to many URLs, slice by slice: after each the file is left to others for a while."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from crawler.frontier.sqlite.desk.selection import ENDED, spans
from crawler.frontier.sqlite.file.statefile import Connection

ROWS_AT_ONCE = 2000
"""Rows of one transaction."""
ROW_COLUMNS = f"task.id, task.job, task.state, {ENDED}, url, host, path, fingerprint"
Row = tuple[int, int, int, str | None, str, int, str | None, int]


def in_slices(
    db: Connection,
    clause: str,
    parameters: Sequence[Any],
    act: Callable[[Sequence[Row]], None] | None,
    at_once: int = ROWS_AT_ONCE,
) -> Counter[str]:
    """Find tasks page by page and act on them slice by slice; return how many, by kind."""
    total: Counter[str] = Counter()
    for first, last in spans(db):
        found = db.execute(
            f"SELECT task.id FROM task WHERE {clause} AND task.id > ? AND task.id <= ?",
            (*parameters, first, last),
        ).fetchall()
        for at in range(0, len(found), at_once):
            ids = ", ".join(str(row[0]) for row in found[at : at + at_once])
            select = f"SELECT {ROW_COLUMNS} FROM task WHERE task.id IN ({ids}) AND {clause}"
            with one_slice(db, write=act is not None):
                rows = db.execute(select, parameters).fetchall()
                if act:
                    act(rows)
            total.update(row[3] or "" for row in rows)
    return total


@contextmanager
def one_slice(db: Connection, *, write: bool = True) -> Iterator[None]:
    """Make one transaction, then leave the file to others for as long as it took."""
    if not write:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    time.sleep(time.monotonic() - began)
