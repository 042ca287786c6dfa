"""Between rows and values: what the modules of the SQLite frontier share."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from crawler.frontier.schema import DEAD, DONE, ROBOTS, WAITING
from crawler.model import Kept, Kind, Seconds, Task, Validators
from crawler.records import Again, Dead, Done, Hop, HostRecord, Settlement
from crawler.urls import host_of

COLUMNS = (
    "id, fingerprint, job, host, url, location, path, attempt, failures, hops, "
    "etag, last_modified, part, part_etag, part_modified, part_total, "
    "due_at, ended, digest, every, extra, via"
)
_FIRST = f"""
SELECT due_at FROM task WHERE host = host.id AND job = {{job}} AND state = {WAITING}
ORDER BY due_at LIMIT 1"""
_VISITING = "FROM listing JOIN job ON job.id = listing.job AND active WHERE listing.host = host.id"
_AWAITED = "rules_until <= :now AND asked_until > :now"
_READY_AT = f"""
UPDATE host SET
    ready_at = max(next_at, opens_at, (SELECT min(due_at) FROM (
        SELECT ({_FIRST.format(job="job.id")}) AS due_at {_VISITING}
            AND NOT ({_AWAITED} AND ifnull(obeys(key), job.obeys))
        UNION ALL SELECT ifnull(({_FIRST.format(job=ROBOTS)}), CASE WHEN {_AWAITED}
            THEN asked_until END) WHERE EXISTS (SELECT 1 {_VISITING})))),
    class = ifnull((SELECT max(weight) {_VISITING}), class)
WHERE id = :host AND owner IS NULL"""
_LIST = """
INSERT OR IGNORE INTO listing
SELECT host.id, :job, ifnull((SELECT min(served) FROM listing WHERE host = host.id), 0.0)
FROM json_each(:keys) CROSS JOIN host ON host.key = value"""
_NUMBERS = """
SELECT json_group_object(host.key, host.id)
FROM json_each(:keys) CROSS JOIN host ON host.key = value"""
_OWED = """
UPDATE host SET next_at = ?, opens_at = ?, gap = ?, address = ifnull(?, address), backoff = ?,
    failures = ?, failing_since = ?, silent = ?, latency = ?, spent = ?, day = ?
WHERE id = ? AND owner = ?"""
_TALLY = """
INSERT INTO tally VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET n = n + excluded.n"""
_MAX_NAMES = 50_000
_NO_VALIDATORS = Validators()
ENDS = (Done, Dead)
"""A tuple: a union is made anew, and asked slowly, for every row."""


class Names:
    """Numbers of jobs and hosts by name, remembered between transactions."""

    def __init__(self) -> None:
        self._jobs: dict[str, int] = {}
        self._hosts: dict[tuple[str, int], int] = {}

    def job_id(self, db: sqlite3.Connection, name: str) -> int:
        """Return a job's number; a job met for the first time gets one."""
        if name not in self._jobs:
            db.execute("INSERT OR IGNORE INTO job (name) VALUES (?)", (name,))
            (self._jobs[name],) = db.execute(
                "SELECT id FROM job WHERE name = ?", (name,)
            ).fetchone()
        return self._jobs[name]

    def job_name(self, db: sqlite3.Connection, number: int) -> str:
        """Return a job's name."""
        for name, known in self._jobs.items():
            if known == number:
                return name
        (name,) = db.execute("SELECT name FROM job WHERE id = ?", (number,)).fetchone()
        self._jobs[name] = number
        return str(name)

    def host_id(self, db: sqlite3.Connection, key: str, job: int) -> int:
        """Return a host's number, and see that it knows the job which visits it."""
        return self._hosts.get((key, job)) or self.host_ids(db, [key], job)[key]

    def host_ids(self, db: sqlite3.Connection, keys: Iterable[str], job: int) -> dict[str, int]:
        """Return the numbers of hosts, and see that they know the job which visits them."""
        found = {key: self._hosts.get((key, job), 0) for key in keys}
        missing = [key for key, number in found.items() if not number]
        if missing:
            hosts = {"keys": json.dumps(missing), "job": job}
            db.execute("INSERT OR IGNORE INTO host (key) SELECT value FROM json_each(:keys)", hosts)
            db.execute(_LIST, hosts)
            (numbers,) = db.execute(_NUMBERS, hosts).fetchone()
            found |= (learned := json.loads(numbers))
            if len(self._hosts) >= _MAX_NAMES:
                self._hosts.clear()
            self._hosts |= {(key, job): number for key, number in learned.items()}
        return found

    def forget(self) -> None:
        """Forget everything: a transaction that was rolled back may have taken the numbers back."""
        self._jobs.clear()
        self._hosts.clear()


def task_of(row: sqlite3.Row | tuple[Any, ...], job: str, key: str | None = None) -> Task:
    """Return a leased task from COLUMNS; `key` is its host's, where that is known."""
    number, fingerprint, _, host, url, location, path, attempt, failures, hops, *others = row
    etag, last_modified, part, part_etag, part_modified, part_total, *others = others
    due_at, ended, digest, every, extra, via = others
    there = location or url
    return Task(
        id=number,
        job=job,
        url=url,
        location=there,
        host=key or host_of(there),
        host_id=host,
        fingerprint=fingerprint,
        attempt=attempt,
        failures=failures,
        hops=hops,
        path=path,
        stored=Validators(etag, last_modified) if etag or last_modified else None,
        kept=Kept(part, Validators(part_etag, part_modified), part_total) if part else None,
        robots=via is not None,
        due_at=due_at,
        ended=ended,
        digest=digest.hex() if digest else "",
        every=every,
        extra=json.loads(extra) if extra else None,
    )


class Row(NamedTuple):
    """What a settlement writes over its task's row."""

    id: int
    state: int
    due_at: Seconds
    host: int
    location: str | None
    path: str | None
    attempt: int
    failures: int
    hops: int
    kind: str
    status: int | None
    size: int
    digest: bytes | None
    finished_at: Seconds
    reason: str | None
    etag: str | None
    last_modified: str | None
    ended: bool
    directives: str | None
    final: str | None
    success_at: int | None
    changed_at: int | None
    every: Seconds | None


def numbered(statement: str) -> str:
    """Have a statement take a Row: SQLite looks named values up by name, one by one, every time."""
    return re.sub(r":(\w+)", lambda name: f"?{Row._fields.index(name[1]) + 1}", statement)


def row_of(settled: Settlement) -> Row:
    """Return what a settlement writes over its task's row; a hop's host is the caller's to set."""
    task, outcome, verdict = settled.task, settled.outcome, settled.verdict
    again, hop = isinstance(verdict, Again), isinstance(verdict, Hop)
    dead, ended = isinstance(verdict, Dead), isinstance(verdict, ENDS)
    charged = isinstance(verdict, Again) and verdict.charged
    next_at = verdict.next_at if isinstance(verdict, ENDS) else None
    well = outcome.kind is Kind.STORED or outcome.kind is Kind.UNCHANGED
    changed = outcome.kind is Kind.STORED and outcome.digest != task.digest
    over = ended and next_at
    validators = outcome.validators or task.stored or _NO_VALIDATORS
    location = verdict.location if isinstance(verdict, Hop) else task.location
    return Row(
        id=task.id,
        state=WAITING if again or hop or next_at else DEAD if dead else DONE,
        due_at=verdict.at if isinstance(verdict, Again) else next_at or settled.finished_at,
        host=task.host_id,
        location=None if location == task.url or over else location,
        path=outcome.path or task.path,
        attempt=task.attempt,
        failures=0 if over else task.failures + charged,
        hops=0 if over else task.hops + hop,
        kind=outcome.kind.value,
        status=outcome.status,
        size=outcome.size,
        digest=bytes.fromhex(outcome.digest) or None,
        finished_at=settled.finished_at,
        reason=outcome.reason or None,
        etag=validators.etag,
        last_modified=validators.last_modified,
        ended=not again,
        directives=outcome.directives or None,
        final=outcome.kind.value if ended else None,
        success_at=int(settled.finished_at) if well and ended else None,
        changed_at=int(settled.finished_at) if changed and ended else None,
        every=verdict.every if isinstance(verdict, ENDS) else task.every,
    )


def update_ready_at(db: sqlite3.Connection, hosts: Iterable[int], now: Seconds) -> None:
    """Work out anew when each of these hosts is ready.

    Hosts with an owner are skipped: the owner keeps their times in memory.

    While the rules of a host are asked for, only that visit counts, and jobs that do not obey them.
    """
    db.executemany(_READY_AT, [{"host": host, "now": now} for host in hosts])


def owe(db: sqlite3.Connection, owner: int, hosts: Iterable[HostRecord]) -> bool:
    """Note what hosts of this owner are owed, and how they are; tell whether it owns them all."""
    rows = []
    for host in hosts:
        health = host.health
        rows.append((
            host.next_at, host.opens_at, host.gap, host.address, health.backoff, health.failures,
            health.failing_since, health.silent, health.latency, health.spent, health.day,
            host.id, owner,
        ))  # fmt: skip
    return db.executemany(_OWED, rows).rowcount == len(rows)


def tally(db: sqlite3.Connection, sums: Counter[tuple[int, str]]) -> None:
    """Add to the sums by (job, kind)."""
    db.executemany(_TALLY, [(job, kind, n) for (job, kind), n in sums.items() if n])
