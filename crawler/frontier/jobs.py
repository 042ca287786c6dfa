"""The jobs of the configuration, as the frontier knows them. Runs in the native thread.

A job that leaves the configuration takes no part any more; nothing is written to its tasks, so it
may have ten million. Whatever does touch every host or task of a job goes in slices, and begins
again where a crash left it.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence

from crawler.frontier.names import Names
from crawler.frontier.readiness import update_ready_at
from crawler.frontier.rows import tally
from crawler.frontier.schema import DEAD, DONE, ROBOTS_JOB, WAITING
from crawler.frontier.values import NextDue
from crawler.model import Kind, Seconds
from crawler.records import JobTerms

ROWS_AT_ONCE = 2000
"""Hosts or tasks of one transaction."""


def configure(db: sqlite3.Connection, names: Names, jobs: Sequence[JobTerms], now: Seconds) -> None:
    """Make the active jobs those of the configuration, with their rules of today.

    What hosts are closed for or wait for by an older configuration is worked out anew.
    """
    wanted = {names.job_id(db, terms.name): terms for terms in jobs}
    db.executemany(
        "UPDATE job SET delay = ?, per_host = ?, obeys = ?, weight = ? WHERE id = ?",
        [(r.delay, r.per_host, r.obeys, r.weight, job) for job, r in wanted.items()],
    )
    for job, active in db.execute(
        "SELECT id, active FROM job WHERE id != ?", (ROBOTS_JOB,)
    ).fetchall():
        if (job in wanted) != bool(active):
            db.execute("UPDATE job SET active = ?, stale = 1 WHERE id = ?", (job in wanted, job))
    free = "SELECT id FROM host WHERE owner IS NULL AND"
    held_up = db.execute(f"{free} opens_at > 0 UNION {free} asked_until > 0").fetchall()
    db.execute("UPDATE host SET opens_at = 0 WHERE opens_at > 0 AND owner IS NULL")
    db.execute("UPDATE host SET asked_until = 0 WHERE asked_until > 0 AND owner IS NULL")
    update_ready_at(db, [host for (host,) in held_up], now)


def active_jobs(db: sqlite3.Connection) -> list[JobTerms]:
    """Return the active jobs, as they were configured last."""
    rows = db.execute(
        "SELECT name, delay, per_host, obeys, weight FROM job WHERE active AND id != ?",
        (ROBOTS_JOB,),
    )
    return [
        JobTerms(name, delay, per_host, bool(obeys), weight)
        for name, delay, per_host, obeys, weight in rows
    ]


def stale(db: sqlite3.Connection) -> list[int]:
    """Return the jobs that came or went, and whose hosts have not all learned it."""
    return [job for (job,) in db.execute("SELECT id FROM job WHERE stale")]


def wake(db: sqlite3.Connection, job: int, after: int, now: Seconds) -> int | None:
    """Let a slice of a job's hosts learn that it came or went; return where to go on.

    Until then a host of a job that went is leased in vain, and one of a job that came waits.
    """
    found = db.execute(
        "SELECT id FROM host WHERE id > ? ORDER BY id LIMIT ?", (after, ROWS_AT_ONCE)
    ).fetchall()
    hosts = [host for (host,) in found if _lists(db, host, job)]
    update_ready_at(db, hosts, now)
    if len(found) == ROWS_AT_ONCE:
        return int(found[-1][0])
    db.execute("UPDATE job SET stale = 0 WHERE id = ?", (job,))
    return None


def _lists(db: sqlite3.Connection, host: int, job: int) -> bool:
    found = db.execute("SELECT 1 FROM listing WHERE host = ? AND job = ?", (host, job))
    return found.fetchone() is not None


def schedule(db: sqlite3.Connection, names: Names, job: str) -> str:
    """Return what the times of a job's tasks are after."""
    (text,) = db.execute(
        "SELECT schedule FROM job WHERE id = ?", (names.job_id(db, job),)
    ).fetchone()
    return str(text)


def rescheduled(db: sqlite3.Connection, names: Names, job: str, text: str) -> None:
    """Note that the times of all of a job's tasks are after its schedule of today."""
    db.execute("UPDATE job SET schedule = ? WHERE id = ?", (text, names.job_id(db, job)))


def refit(
    db: sqlite3.Connection, names: Names, job: str, next_due: NextDue, after: int, now: Seconds
) -> int | None:
    """Give a slice of a job's ended tasks the due times of another schedule; return where to go on.

    Only tasks that wait for a time, or for none, are touched.
    """
    number = names.job_id(db, job)
    found = db.execute(
        "SELECT id, job, state, due_at, ifnull(finished_at, 0.0), fingerprint, every, ended, host "
        "FROM task WHERE id > ? ORDER BY id LIMIT ?",
        (after, ROWS_AT_ONCE),
    ).fetchall()
    sums: Counter[tuple[int, str]] = Counter()
    rows, hosts = [], set()
    for task, owner, state, due_at, finished_at, fingerprint, every, ended, host in found:
        if owner != number or ended is None or state not in {WAITING, DONE, DEAD}:
            continue
        at = next_due(due_at, finished_at, fingerprint, every)
        well = ended in {Kind.STORED, Kind.UNCHANGED}
        new = WAITING if at is not None else DONE if well else DEAD
        sums[number, "+"] += (new == WAITING) - (state == WAITING)
        if (new, at) != (state, due_at):
            rows.append((new, due_at if at is None else at, task))
            hosts.add(host)
    db.executemany("UPDATE task SET state = ?, due_at = ? WHERE id = ?", rows)
    tally(db, sums)
    update_ready_at(db, hosts, now)
    return int(found[-1][0]) if len(found) == ROWS_AT_ONCE else None
