"""When a host is ready, and its rest until then. Runs in the native thread."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from crawler.frontier.addresses import note_rests
from crawler.frontier.schema import ROBOTS_JOB, WAITING
from crawler.model import Seconds
from crawler.records import HostRecord

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
        UNION ALL SELECT ifnull(({_FIRST.format(job=ROBOTS_JOB)}), CASE WHEN {_AWAITED}
            THEN asked_until END) WHERE EXISTS (SELECT 1 {_VISITING})))),
    class = ifnull((SELECT max(weight) {_VISITING}), class)
WHERE id = :host AND owner IS NULL"""
OWED = """
UPDATE host SET next_at = ?, opens_at = ?, gap = ?, address = ifnull(?, address), backoff = ?,
    failures = ?, failing_since = ?, silent = ?, latency = ?, spent = ?, day = ?, answered_at = ?,
    failed_until = ?, put_off_until = ?, turn_at = ?, refusals = ?, refused_path = ?,
    refused_since = ?
WHERE id = ?"""


def update_ready_at(db: sqlite3.Connection, hosts: Iterable[int], now: Seconds) -> None:
    """Compute anew when each of these hosts, given by number, is ready.

    Hosts with an owner are skipped: the owner keeps their times in memory. While the robots.txt of
    a host is asked for, only that visit counts, and the jobs that do not obey robots.txt.
    """
    db.executemany(_READY_AT, [{"host": host, "now": now} for host in hosts])


def owe(db: sqlite3.Connection, owner: int, hosts: Iterable[HostRecord]) -> bool:
    """Record rests and health of hosts; tell whether the owner has them all."""
    hosts = list(hosts)
    rows = [(*owed(host), owner) for host in hosts]
    note_rests(db, owner, hosts)
    return db.executemany(f"{OWED} AND owner = ?", rows).rowcount == len(rows)


def owed(host: HostRecord) -> tuple[Any, ...]:
    """Return the values of a statement OWED, which records what a host is owed."""
    health, rest = host.health, host.rest
    return (
        host.next_at, host.opens_at, host.gap, host.address, health.backoff, health.failures,
        health.failing_since, health.silent, health.latency, health.spent, health.day,
        rest.answered_at, rest.failed_until, rest.put_off_until, rest.turn_at,
        health.refusals, health.refused_path, health.refused_since, host.id,
    )  # fmt: skip
