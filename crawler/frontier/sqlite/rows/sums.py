"""Sums of the ledger: numbers of URLs by kind, kept by every verb. Runs in the native thread."""

import sqlite3

from crawler.frontier.sqlite.file.schema import LEASED, ROBOTS_JOB
from crawler.frontier.values import Counts


def counts(db: sqlite3.Connection) -> Counts:
    """Return the sums of the active jobs."""
    sums = dict(
        db.execute(
            "SELECT kind, sum(n) FROM tally JOIN job ON job.id = job WHERE active "
            "GROUP BY kind HAVING sum(n) != 0"
        )
    )
    (leased,) = db.execute(
        f"SELECT count(*) FROM task WHERE state = {LEASED} AND job != {ROBOTS_JOB}"
    ).fetchone()
    (hosts,) = db.execute("SELECT ifnull(max(id), 0) FROM host").fetchone()
    known, again, retired = (sums.pop(kind, 0) for kind in ("", "+", "retired"))
    return Counts(known, leased, hosts, sums, again, retired)


def listed(db: sqlite3.Connection) -> dict[str, int]:
    """Return how often URLs were listed, by kind; kind '' is for URLs without an end."""
    return dict(
        db.execute(
            "SELECT CASE WHEN state IN (2, 3) THEN kind ELSE '' END, sum(listed) "
            f"FROM task WHERE job != {ROBOTS_JOB} GROUP BY 1"
        )
    )
