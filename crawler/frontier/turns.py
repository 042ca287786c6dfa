"""Whose turn it is on a host: its robots.txt first, then its jobs in fair shares.

The shares are by stride scheduling, as those of `classes`. Runs in the native thread.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from crawler.frontier.names import Names
from crawler.frontier.robots import ask
from crawler.frontier.rows import COLUMNS, task_of
from crawler.frontier.schema import LEASED, ROBOTS_JOB, WAITING
from crawler.frontier.values import LeasedHost
from crawler.model import Seconds
from crawler.policy.robots import url_of
from crawler.records import Health
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
_HOST = f"""
SELECT key, next_at, rules_until, refresh_at, asked_until, crawl_delay, address,
    EXISTS (SELECT 1 FROM task WHERE host = :host AND job = {ROBOTS_JOB} AND state = {WAITING}),
    backoff, failures, failing_since, silent, latency, spent, day, rules_version
FROM host WHERE id = :host"""
_JOBS = """
SELECT job.id, name, digest, delay, per_host, obeys, weight, served
FROM listing JOIN job ON job.id = listing.job WHERE listing.host = ? AND job.active"""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Jobs and rules of the process that leases."""

    jobs: Mapping[str, str] | None = None
    """The digests of the jobs that it can visit, by name; None for every job."""
    obeys: Callable[[str], bool | None] = lambda _: None
    """Whether the robots.txt of a host, by its key, is obeyed; None leaves that to the job."""
    held: frozenset[str] = frozenset()
    """Names of jobs that it could visit and does not, until their lists are read."""


@dataclass(slots=True)
class _Turn:
    """A job that visits the host."""

    id: int
    name: str
    digest: str
    delay: Seconds
    per_host: int
    obeys: int
    weight: int
    served: float


class _Host(NamedTuple):
    """A host as a lease needs it; times are wall times."""

    key: str
    next_at: Seconds
    rules_until: Seconds
    refresh_at: Seconds
    asked_until: Seconds
    crawl_delay: Seconds
    address: str | None
    asked: int
    """Whether a visit to its robots.txt waits."""
    backoff: Seconds
    failures: int
    failing_since: Seconds | None
    silent: int
    latency: Seconds
    spent: int
    day: int
    rules_version: int

    def health(self) -> Health:
        return Health(
            self.backoff, self.failures, self.failing_since, bool(self.silent), self.latency,
            self.spent, self.day,
        )  # fmt: skip


def leased(
    db: sqlite3.Connection, names: Names, visitor: Visitor, host: int, now: Seconds, limit: int
) -> LeasedHost:
    """Take up to `limit` tasks of a host that the caller owns."""
    found = _Host(*db.execute(_HOST, {"host": host}).fetchone())
    jobs = [_Turn(*job) for job in db.execute(_JOBS, (host,))]
    mine = _mine(jobs, visitor)
    obeying = _obeying(jobs, obeyed=visitor.obeys(found.key))
    rows: list[Any] = []
    if mine and _robots_wait(db, host, found, obeying, mine, now):
        rows = _take(db, host, ROBOTS_JOB, now, limit)
    free = _others(mine, obeying) if found.rules_until <= now else mine
    rows += _fair(db, host, free, now, limit - len(rows))
    return LeasedHost(
        id=host,
        key=found.key,
        next_at=found.next_at,
        delay=max((job.delay for job in jobs), default=0.0),
        per_host=min((job.per_host for job in jobs), default=1000),
        tasks=tuple(
            task_of(row, _job_of(db, names, row, mine), found.key, found.rules_version)
            for row in rows
        ),
        jobs=tuple(job.name for job in mine),
        crawl_delay=found.crawl_delay if obeying else 0.0,
        address=found.address,
        health=found.health(),
    )


def _mine(jobs: list[_Turn], visitor: Visitor) -> list[_Turn]:
    known = visitor.jobs
    return [
        job
        for job in jobs
        if (known is None or known.get(job.name) == job.digest) and job.name not in visitor.held
    ]


def _others(mine: list[_Turn], obeying: list[_Turn]) -> list[_Turn]:
    return [job for job in mine if job not in obeying]


def _obeying(jobs: list[_Turn], *, obeyed: bool | None) -> list[_Turn]:
    """Return the jobs that obey robots.txt on a host; `obeyed`, if set, is for all of them."""
    if obeyed is None:
        return [job for job in jobs if job.obeys]
    return jobs if obeyed else []


def _robots_wait(
    db: sqlite3.Connection,
    host: int,
    found: _Host,
    obeying: list[_Turn],
    mine: list[_Turn],
    now: Seconds,
) -> bool:
    """Tell whether a visit to the host's robots.txt waits; where its rules are old, make it due."""
    old = found.rules_until <= now or found.refresh_at <= now
    if old and found.asked_until <= now and _ask(db, host, obeying, mine, now):
        return True
    return bool(found.asked)


def _ask(
    db: sqlite3.Connection, host: int, obeying: list[_Turn], mine: list[_Turn], now: Seconds
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
    db: sqlite3.Connection, host: int, jobs: list[_Turn], now: Seconds, limit: int
) -> list[Any]:
    """Take tasks, always of the job that was served least by its weight."""
    if len(jobs) == 1:
        return _take(db, host, jobs[0].id, now, limit)
    waiting = {job.id: job for job in jobs}
    rows: list[Any] = []
    while waiting and len(rows) < limit:
        job = min(waiting.values(), key=lambda one: one.served)
        row = _take(db, host, job.id, now, 1)
        if not row:
            del waiting[job.id]
            continue
        rows += row
        job.served += 1 / job.weight
    _note(db, host, jobs, waiting)
    return rows


def _take(db: sqlite3.Connection, host: int, job: int, now: Seconds, limit: int) -> list[Any]:
    """Take the tasks due for longest, in this order; RETURNING has no order."""
    rows = db.execute(_TAKE, (host, job, now, limit)).fetchall()
    return sorted(rows, key=lambda row: (row[_DUE_AT], row[0]))


def _note(db: sqlite3.Connection, host: int, jobs: list[_Turn], waiting: dict[int, _Turn]) -> None:
    """Record the turns; a job without a waiting task loses the turns that went by."""
    least = min((job.served for job in waiting.values()), default=0.0)
    rows = [(max(job.served, least), host, job.id) for job in jobs]
    db.executemany("UPDATE listing SET served = ? WHERE host = ? AND job = ?", rows)


def _job_of(db: sqlite3.Connection, names: Names, row: Any, mine: list[_Turn]) -> str:
    """Return the job whose options a visit has; for a robots.txt that is any job of ours."""
    job = names.job_name(db, row[-1] or row[2])
    if row[2] != ROBOTS_JOB:
        return job
    here = [turn.name for turn in mine]
    return job if job in here or not here else here[0]
