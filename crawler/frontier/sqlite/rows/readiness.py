"""When a host is ready, and its rest until then. Runs in the native thread."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from crawler.frontier.sqlite.file.schema import RANKS, ROBOTS_JOB, WAITING
from crawler.frontier.sqlite.rows import staging
from crawler.frontier.sqlite.rows.addresses import note_rests
from crawler.model import Seconds
from crawler.records import HostRecord

_NEVER = "9e999"
_FIRST = "nullif(min({}), {})".format(
    ", ".join(
        f"ifnull((SELECT due_at FROM task WHERE host = host.id AND job = {{job}} "
        f"AND state = {WAITING} AND rank = {rank} ORDER BY due_at LIMIT 1), {_NEVER})"
        for rank in RANKS
    ),
    _NEVER,
)
"""A search for each rank: their tasks are apart in the index."""
_VISITING = (
    "FROM host_job JOIN job ON job.id = host_job.job AND active WHERE host_job.host = host.id"
)
_AWAITED = "rules_until <= :now AND asked_until > :now"
_READY_AT = f"""
UPDATE host SET
    ready_at = max(next_at, opens_at, (SELECT min(due_at) FROM (
        SELECT ({_FIRST.format(job="job.id")}) AS due_at {_VISITING}
            AND NOT ({_AWAITED} AND ifnull(host.obeys, job.obeys))
        UNION ALL SELECT ifnull(({_FIRST.format(job=ROBOTS_JOB)}), CASE WHEN {_AWAITED}
            THEN asked_until END) WHERE EXISTS (SELECT 1 {_VISITING})))),
    class = ifnull((SELECT max(weight) {_VISITING}), class)
WHERE id IN ({{hosts}}) AND owner IS NULL"""
_NUMBERS = "SELECT value FROM json_each(:numbers)"
OWED = f"""
UPDATE host SET {
    ", ".join(f"{name} = ?" for name in staging.OWED).replace(
        "address = ?", "address = ifnull(?, address)"
    )
} WHERE id = ?"""
_OWE = f"""
UPDATE host SET ({", ".join(staging.OWED)}) = (
    SELECT {", ".join(staging.OWED).replace(" address", " ifnull(owed.address, host.address)")}
    FROM temp.owed WHERE owed.id = host.id)
WHERE id IN (SELECT id FROM temp.owed) AND owner = ?"""


def update_ready_at(db: sqlite3.Connection, hosts: Iterable[int] | str, now: Seconds) -> None:
    """Compute anew when each of these hosts is ready; a text selects their numbers.

    Hosts with an owner are skipped: the owner keeps their times in memory. While the robots.txt of
    a host is asked for, only that visit counts, and the jobs that do not obey robots.txt.
    """
    if isinstance(hosts, str):
        db.execute(_READY_AT.format(hosts=hosts), {"now": now})
    elif numbers := list(hosts):
        values = {"now": now, "numbers": json.dumps(numbers)}
        db.execute(_READY_AT.format(hosts=_NUMBERS), values)


def stage_owed(db: sqlite3.Connection, hosts: Iterable[HostRecord]) -> None:
    """Make the rows of hosts that `owe` records, before its transaction."""
    hosts = list(hosts)
    staging.fill(db, "owed", [(host.id, *owed(host)) for host in hosts])
    staging.fill(db, "rested", dict(rest for host in hosts for rest in host.address_rests).items())


def owe(db: sqlite3.Connection, owner: int) -> None:
    """Record rests and health of the staged hosts that the owner has."""
    note_rests(db, owner)
    db.execute(_OWE, (owner,))


def owed(host: HostRecord) -> tuple[Any, ...]:
    """Return the values of the columns `staging.OWED`: what a host is owed."""
    health, rest = host.health, host.rest
    return (
        host.next_at, host.opens_at, host.gap, host.address, health.backoff, health.failures,
        health.failing_since, health.silent, health.latency, health.spent, health.day,
        rest.answered_at, rest.failed_until, rest.put_off_until, rest.turn_at,
        health.refusals, health.refused_path, health.refused_since,
    )  # fmt: skip
