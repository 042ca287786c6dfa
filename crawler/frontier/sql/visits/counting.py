"""Sums that only grow: of each living process as it told them last, and of all that are no more."""

import json
from collections import Counter
from collections.abc import Iterable

from crawler.frontier.metrics import Series, Totals
from crawler.frontier.sql.connection import Connection

_TELL = """
INSERT INTO counted (process, sums) SELECT id, ? FROM process WHERE id = ?
ON CONFLICT (process) DO UPDATE SET sums = excluded.sums"""
_ADD = """
INSERT INTO counter (metric, job, label, n) VALUES (?, ?, ?, ?)
ON CONFLICT (metric, job, label) DO UPDATE SET n = counter.n + excluded.n"""
_GONE = """
DELETE FROM counter WHERE job != '' AND job NOT IN (SELECT name FROM job WHERE active)
RETURNING metric, label, n"""


def tell(db: Connection, owner: int, totals: Totals) -> None:
    """Note what a living process has counted since it has joined."""
    if totals:
        sums = [[*series, n] for series, n in totals.items()]
        db.execute(_TELL, (json.dumps(sums, separators=(",", ":")), owner))


def add(db: Connection, totals: Totals) -> None:
    """Add to the sums of what is no more."""
    db.executemany(_ADD, [(*series, float(n)) for series, n in totals.items()])


def bury(db: Connection, owner: int) -> None:
    """Add the last sums of a process that ends; what is added once is no more."""
    gone = db.execute("DELETE FROM counted WHERE process = ? RETURNING sums", (owner,)).fetchall()
    add(db, summed(gone))


def leave_with_jobs(db: Connection) -> None:
    """Let the sums of jobs that are gone be those of none, so that no more are kept than jobs."""
    gone = db.execute(_GONE).fetchall()
    if gone:
        sums: Counter[Series] = Counter()
        for metric, label, n in gone:
            sums[Series(metric, label=label)] += n
        add(db, sums)


def summed(told: Iterable[tuple[str]]) -> "Counter[Series]":
    """Return the sums of rows of `counted`."""
    total: Counter[Series] = Counter()
    for (sums,) in told:
        for metric, job, label, n in json.loads(sums):
            total[Series(metric, job, label)] += n
    return total
