"""Whose turn it is on a host: its robots.txt first, then its jobs in fair shares.

The shares are by stride scheduling, as those of `classes`. Runs in the native thread.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from heapq import heapify, heappop, heapreplace
from typing import Any

from crawler.frontier.names import Names
from crawler.frontier.robots import ask
from crawler.frontier.rows import COLUMNS, task_of
from crawler.frontier.schema import LEASED, ROBOTS_JOB, WAITING
from crawler.frontier.terms import HostRow, Turn, Visitor, terms_of
from crawler.frontier.values import LeasedHost
from crawler.model import Seconds
from crawler.policy.robots import url_of
from crawler.urls import host_of

LOOKED_AT = 100
"""URLs that are looked at for one that is listed on the host, among those that a redirect led."""
_TAKE = f"""
UPDATE task SET state = {LEASED}, attempt = attempt + 1 WHERE id IN (
    SELECT id FROM task WHERE host = ? AND job = ? AND state = {WAITING} AND due_at <= ?
    ORDER BY due_at, id LIMIT ?)
RETURNING {COLUMNS}"""
_DUE_AT = COLUMNS.split(", ").index("due_at")
_FIRST = f"""
SELECT url, ifnull(location, url) FROM task WHERE host = ? AND job = ? AND state = {WAITING}
AND due_at <= ? ORDER BY due_at LIMIT {LOOKED_AT}"""
_WITH_DUE = f"""
SELECT job FROM listing WHERE host = :host AND EXISTS (
    SELECT 1 FROM task WHERE host = :host AND task.job = listing.job AND state = {WAITING}
    AND due_at <= :now)"""


def leased(
    db: sqlite3.Connection, names: Names, visitor: Visitor, host: int, now: Seconds, limit: int
) -> LeasedHost:
    """Take up to `limit` tasks of a host that the caller owns."""
    terms = terms_of(db, visitor, host)
    found, mine = terms.host, terms.mine
    rows: list[Any] = []
    if mine and _robots_wait(db, host, found, terms.obeying, mine, now):
        rows = _take(db, host, ROBOTS_JOB, now, limit)
    free = _others(mine, terms.obeying) if found.rules_until <= now else mine
    rows += _fair(db, host, free, now, limit - len(rows))
    tasks = (
        task_of(row, _job_of(db, names, row, mine), found.key, found.rules_version) for row in rows
    )
    return replace(terms.leased(), tasks=tuple(tasks))


def _others(mine: list[Turn], obeying: list[Turn]) -> list[Turn]:
    numbers = {job.id for job in obeying}
    return [job for job in mine if job.id not in numbers]


def _robots_wait(
    db: sqlite3.Connection,
    host: int,
    found: HostRow,
    obeying: list[Turn],
    mine: list[Turn],
    now: Seconds,
) -> bool:
    """Tell whether a visit to the host's robots.txt waits; where its rules are old, make it due."""
    old = found.rules_until <= now or found.refresh_at <= now
    if old and found.asked_until <= now and _ask(db, host, obeying, mine, now):
        return True
    return bool(found.asked)


def _ask(
    db: sqlite3.Connection, host: int, obeying: list[Turn], mine: list[Turn], now: Seconds
) -> bool:
    """Make the robots.txt of the first URL that waits for it due; tell whether a URL does."""
    for job in obeying:
        first = db.execute(_FIRST, (host, job.id, now)).fetchall()
        if first and job in mine:
            listed = any(host_of(url) == host_of(there) for url, there in first)
            ask(db, url_of(first[0][1]), host, job.id, now, listed=listed)
            return True
    return False


def _fair(
    db: sqlite3.Connection, host: int, jobs: list[Turn], now: Seconds, limit: int
) -> list[Any]:
    """Take tasks, always of the job that was served least by its weight."""
    if len(jobs) == 1:
        return _take(db, host, jobs[0].id, now, limit)
    before = {job.id: job.served for job in jobs}
    due = {job for (job,) in db.execute(_WITH_DUE, {"host": host, "now": now})}
    waiting = [(job.served, job.id, job) for job in jobs if job.id in due]
    heapify(waiting)
    rows: list[Any] = []
    while waiting and len(rows) < limit:
        job = waiting[0][2]
        row = _take(db, host, job.id, now, 1)
        if not row:
            heappop(waiting)
            continue
        rows += row
        job.served += 1 / job.weight
        heapreplace(waiting, (job.served, job.id, job))
    _note(db, host, jobs, waiting[0][0] if waiting else 0.0, before)
    return rows


def _take(db: sqlite3.Connection, host: int, job: int, now: Seconds, limit: int) -> list[Any]:
    """Take the tasks due for longest, in this order; RETURNING has no order."""
    rows = db.execute(_TAKE, (host, job, now, limit)).fetchall()
    return sorted(rows, key=lambda row: (row[_DUE_AT], row[0]))


def _note(
    db: sqlite3.Connection,
    host: int,
    jobs: list[Turn],
    least: float,
    before: Mapping[int, float],
) -> None:
    """Record the turns that differ; a job without a waiting task loses the turns that went by."""
    rows = [
        (served, host, job.id)
        for job in jobs
        if (served := max(job.served, least)) != before[job.id]
    ]
    db.executemany("UPDATE listing SET served = ? WHERE host = ? AND job = ?", rows)


def _job_of(db: sqlite3.Connection, names: Names, row: Any, mine: list[Turn]) -> str:
    """Return the job whose options a visit has; for a robots.txt that is any job of ours."""
    job = names.job_name(db, row[-1] or row[2])
    if row[2] != ROBOTS_JOB:
        return job
    here = [turn.name for turn in mine]
    return job if job in here or not here else here[0]
