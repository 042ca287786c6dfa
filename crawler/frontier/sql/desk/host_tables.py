"""What the ledger tells of hosts of a choice, in an order, and all of one of them.

An index finds the hosts of a choice, up to MAX_CHOSEN; these are put in order.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from crawler.frontier.answers import HostState
from crawler.frontier.classes import CLASSES
from crawler.frontier.hosts import HostAccount, HostLine, HostTable, JobThere, Rules
from crawler.frontier.questions import HostsOf
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.desk.failing import newest_of, of_hosts
from crawler.frontier.sql.desk.hosts import (
    HOST,
    count,
    holder_of_address,
    waiting_of,
)
from crawler.frontier.sql.desk.selection import host_numbers
from crawler.frontier.sql.rows import robots
from crawler.frontier.sql.rows.course import LASTING, kept
from crawler.frontier.sql.states import LEASED, ROBOTS_JOB, WAITING
from crawler.model import Seconds

MAX_CHOSEN = 1000
"""Hosts of a choice that are put in order."""
MAX_SIZED = 100
"""Hosts of a choice whose waiting URLs are counted before they are put in order."""
MAX_OF_A_NAME = 20
"""Hosts of a name of which all is told."""
_AT_WORK = ("owner IS NOT NULL", "class = ? AND owner IS NULL AND NOT parked AND ready_at > 0")
_FAILING = (
    "failing_since IS NOT NULL ORDER BY failing_since",
    """failed_until > 0 AND failed_until > :lasting AND failing_since IS NULL
    ORDER BY failed_until DESC""",
)
_RESTING = tuple(
    f"{column} > 0 AND {column} > :{'lasting' if column in LASTING else 'now'} "
    f"ORDER BY {column} DESC"
    for column in ("failed_until", "put_off_until", "opens_at")
)
_PAUSED = """
key IN (SELECT host.key FROM wish CROSS JOIN host ON host.key BETWEEN subject
    AND iif(subject LIKE '%:', rtrim(subject, ':') || ';', subject)
    WHERE verb = 'pause' AND scope = 'host') ORDER BY key"""
_JOBS = """
SELECT job.id, name, active, delay, per_host, job.obeys
FROM host_job JOIN job ON job.id = host_job.job WHERE host_job.host = ? ORDER BY name"""
_TERMS = """
SELECT host.id, ifnull(max(job.delay), 0.0), ifnull(host.obeys, max(job.obeys))
FROM json_each(?) AS wanted CROSS JOIN host ON host.id = wanted.value
JOIN host_job ON host_job.host = host.id JOIN job ON job.id = host_job.job AND job.active
GROUP BY host.id"""
_RULES = """
SELECT host.id, robots.fetched_at, until, ifnull(length(body), 0), status, robots.failures,
    body IS NULL AND robots.failing_since IS NOT NULL AND fetched_at <= robots.failing_since
FROM json_each(?) AS wanted CROSS JOIN host ON host.id = wanted.value
CROSS JOIN robots ON origin IN ('http://' || host.key, 'https://' || host.key)
ORDER BY robots.refresh_at"""
"""Of several origins the one that was asked for last comes last."""
_CLAUSES = {"failing": _FAILING, "resting": _RESTING, "paused": (_PAUSED,)}
_COUNTED = ("waiting", "in-flight")
"""Orders for which the URLs of hosts are counted."""
_ORDERS: dict[str, Callable[[HostState], Any]] = {
    "failing": lambda one: (one.failed_at is None, one.failed_at or one.refused_since or 0),
    "rests": lambda one: -max(one.next_at, one.opens_at),
    "well": lambda one: one.well_at or 0.0,
    "share": lambda one: (one.share is None, one.share),
    "failures": lambda one: -max(one.failures, one.refusals),
    "rate": lambda one: (one.spacing is None, one.spacing),
    "today": lambda one: (-one.day, -one.spent),
    "delay": lambda one: -one.gap,
    "name": lambda one: one.key,
}


def hosts_of(db: Connection, asked: HostsOf) -> HostTable:
    """Return the first hosts of a choice, in the order that is asked for."""
    found = chosen(db, asked.choice, asked.now)
    at_least = len(found) >= MAX_CHOSEN
    if asked.order in _COUNTED:
        of = waiting_of if asked.order == "waiting" else _leased_of
        sized = {one.id: of(db, one.id) for one in found[:MAX_SIZED]}
        at_least = at_least or len(found) > MAX_SIZED
        found.sort(key=lambda one: -sized.get(one.id, 0))
    else:
        found.sort(key=_ORDERS[asked.order])
    return HostTable(_lines(db, found[: asked.limit]), len(found), at_least)


def chosen(db: Connection, choice: str, now: Seconds) -> list[HostState]:
    """Return hosts of a choice, as far as MAX_CHOSEN, each once."""
    if choice == "at_work":
        held, free = _AT_WORK
        return _first(
            db, [(held, ())] + [(f"{free} ORDER BY ready_at", (weight,)) for weight in CLASSES]
        )
    values = {"now": now, "lasting": now - kept(db).stepped}
    return _first(db, [(clause, values) for clause in _CLAUSES[choice]])


def _first(db: Connection, clauses: Sequence[tuple[str, Any]]) -> list[HostState]:
    found: dict[int, HostState] = {}
    for clause, values in clauses:
        left = MAX_CHOSEN - len(found)
        rows = db.execute(f"SELECT {HOST} FROM host WHERE {clause} LIMIT {left}", values)
        found |= {state.id: state for state in (HostState(*row) for row in rows)}
    return list(found.values())


def _lines(db: Connection, states: Sequence[HostState]) -> list[HostLine]:
    numbers = [one.id for one in states]
    last, wanted = newest_of(db, numbers), json.dumps(numbers)
    terms = {host: (delay, bool(obeys)) for host, delay, obeys in db.execute(_TERMS, (wanted,))}
    rules = {host: Rules(*row) for host, *row in db.execute(_RULES, (wanted,))}
    return [
        HostLine(
            one, waiting_of(db, one.id), _leased_of(db, one.id), last.get(one.id),
            *terms.get(one.id, (0.0, False)), rules.get(one.id),
        )
        for one in states
    ]  # fmt: skip


def _leased_of(db: Connection, host: int) -> int:
    return count(db, f"SELECT 1 FROM task WHERE host = ? AND state = {LEASED}", host)


def about_host(db: Connection, name: str) -> list[HostAccount]:
    """Return all that is known of the hosts of a name.

    Raises:
        UsageError: none is known.
    """
    numbers = host_numbers(db, name.lower())[:MAX_OF_A_NAME]
    rows = [db.execute(f"SELECT {HOST} FROM host WHERE id = ?", (one,)) for one in numbers]
    lines = _lines(db, [HostState(*row.fetchone()) for row in rows])
    return [_account(db, line) for line in lines]


def _account(db: Connection, line: HostLine) -> HostAccount:
    state = line.state
    origins = (robots.known(db, f"{scheme}://{state.key}") for scheme in ("http", "https"))
    return HostAccount(
        line,
        [_job(db, state.id, *row) for row in db.execute(_JOBS, (state.id,)).fetchall()],
        [one for one in origins if one],
        of_hosts(db, [state.id]),
        holder_of_address(db, state),
    )


def _job(db: Connection, host: int, number: int, name: str, active: int, *terms: Any) -> JobThere:
    delay, per_host, obeys = terms
    select = f"SELECT 1 FROM task WHERE host = ? AND job = ? AND state = {WAITING}"
    waiting = count(db, select, host, number) if number != ROBOTS_JOB else 0
    return JobThere(name, bool(active), delay, per_host, bool(obeys), waiting)
