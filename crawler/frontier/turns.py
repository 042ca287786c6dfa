"""Whose turn it is: on one host its robots.txt first, then its jobs in fair shares.

The shares are by stride scheduling, among the jobs of a host and among the classes of hosts. Runs
in the native thread.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from crawler.frontier.names import Names
from crawler.frontier.robots import ask
from crawler.frontier.rows import COLUMNS, task_of
from crawler.frontier.schema import LEASED, ROBOTS_JOB, WAITING
from crawler.frontier.values import LeasedHost
from crawler.model import Seconds
from crawler.policy.robots import url_of
from crawler.records import Health

_TAKE = f"""
UPDATE task SET state = {LEASED}, attempt = attempt + 1 WHERE id IN (
    SELECT id FROM task WHERE host = ? AND job = ? AND state = {WAITING} AND due_at <= ?
    ORDER BY due_at, id LIMIT ?)
RETURNING {COLUMNS}"""
_DUE_AT = COLUMNS.split(", ").index("due_at")
_FIRST = f"""
SELECT ifnull(location, url) FROM task WHERE host = ? AND job = ? AND state = {WAITING}
AND due_at <= ? ORDER BY due_at LIMIT 1"""
_HOST = f"""
SELECT key, next_at, rules_until, refresh_at, asked_until, crawl_delay, address,
    EXISTS (SELECT 1 FROM task WHERE host = :host AND job = {ROBOTS_JOB} AND state = {WAITING}),
    backoff, failures, failing_since, silent, latency, spent, day
FROM host WHERE id = :host"""
_JOBS = """
SELECT job.id, name, delay, per_host, obeys, weight, served
FROM listing JOIN job ON job.id = listing.job WHERE listing.host = ? AND job.active"""
CLASSES = (4, 2, 1)
"""Weights of the priorities: high, normal, low."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """What the process can visit."""

    jobs: tuple[str, ...] | None = None
    """None: every job."""
    obeys: Callable[[str], bool | None] = lambda _: None
    """Whether a host's robots.txt is obeyed, where the configuration says so of the host."""


@dataclass(slots=True)
class Shares:
    """How often each class of hosts was served, by its weight; one for a process."""

    served: dict[int, float] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0.0))

    def pick(self, found: dict[int, list[int]], limit: int) -> list[int]:
        """Choose hosts, always of the class that was served least; what one leaves others have."""
        waiting = {weight: iter(hosts) for weight, hosts in found.items()}
        chosen: list[int] = []
        while waiting and len(chosen) < limit:
            weight = min(waiting, key=lambda one: self.served[one])
            host = next(waiting[weight], None)
            if host is None:
                del waiting[weight]
                continue
            chosen.append(host)
            self.served[weight] += 1 / weight
        least = min((self.served[weight] for weight in waiting), default=max(self.served.values()))
        for weight in self.served.keys() - waiting.keys():  # no claim to turns that went by
            self.served[weight] = max(self.served[weight], least)
        return chosen


@dataclass(slots=True)
class _Turn:
    """A job that visits the host."""

    id: int
    name: str
    delay: Seconds
    per_host: int
    obeys: int
    weight: int
    served: float


def leased(
    db: sqlite3.Connection, names: Names, visitor: Visitor, host: int, now: Seconds, limit: int
) -> LeasedHost:
    """Take up to `limit` tasks of a host that the caller owns."""
    row = db.execute(_HOST, {"host": host}).fetchone()
    key, next_at, rules_until, refresh_at, asked_until, crawl_delay, address, asked, *health = row
    jobs = [_Turn(*job) for job in db.execute(_JOBS, (host,))]
    mine = [job for job in jobs if visitor.jobs is None or job.name in visitor.jobs]
    said = visitor.obeys(key)
    obeying = [job for job in jobs if (job.obeys if said is None else said)]
    unknown = rules_until <= now
    if asked_until <= now and (unknown or refresh_at <= now):
        asked = _ask(db, host, obeying, mine, now) or asked
    rows = _take(db, host, ROBOTS_JOB, now, limit) if mine and asked else []
    free = [job for job in mine if not (unknown and job in obeying)]
    rows += _fair(db, host, free, now, limit - len(rows))
    tasks = tuple(task_of(row, _job_of(db, names, row, mine), key) for row in rows)
    backoff, failures, since, silent, latency, spent, day = health
    return LeasedHost(
        id=host,
        key=key,
        next_at=next_at,
        delay=max((job.delay for job in jobs), default=0.0),
        per_host=min((job.per_host for job in jobs), default=1000),
        tasks=tasks,
        jobs=tuple(job.name for job in mine),
        crawl_delay=crawl_delay if obeying else 0.0,
        address=address,
        health=Health(backoff, failures, since, bool(silent), latency, spent, day),
    )


def _ask(
    db: sqlite3.Connection, host: int, obeying: list[_Turn], mine: list[_Turn], now: Seconds
) -> bool:
    """Have the robots.txt visited that speaks for the first URL that waits for it, if one does."""
    for job in obeying:
        first = db.execute(_FIRST, (host, job.id, now)).fetchone()
        if first and job in mine:
            ask(db, url_of(first[0]), host, job.id, now)
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
    """Take what has been due for longest, in this order; RETURNING has none."""
    rows = db.execute(_TAKE, (host, job, now, limit)).fetchall()
    return sorted(rows, key=lambda row: (row[_DUE_AT], row[0]))


def _note(db: sqlite3.Connection, host: int, jobs: list[_Turn], waiting: dict[int, _Turn]) -> None:
    """Remember the turns; who had nothing waiting has no claim to turns that went by."""
    least = min((job.served for job in waiting.values()), default=0.0)
    rows = [(max(job.served, least), host, job.id) for job in jobs]
    db.executemany("UPDATE listing SET served = ? WHERE host = ? AND job = ?", rows)


def _job_of(db: sqlite3.Connection, names: Names, row: Any, mine: list[_Turn]) -> str:
    """Return the job whose options a visit has; a robots.txt takes those of any that is here."""
    job = names.job_name(db, row[-1] or row[2])
    if row[2] != ROBOTS_JOB:
        return job
    here = [turn.name for turn in mine]
    return job if job in here or not here else here[0]
