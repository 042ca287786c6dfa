"""What the ledger tells of hosts: of one of them, and how many are in which state."""

import json
from dataclasses import fields
from math import sqrt
from typing import Any

from crawler.frontier.answers import HostState, Page
from crawler.frontier.classes import CLASSES
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.course import LASTING, STEPPED, kept
from crawler.frontier.sql.states import ROBOTS_JOB, WAITING
from crawler.frontier.sums import HostCounts, HostView
from crawler.model import Seconds
from crawler.policy.backoff import FAILURES_TO_REST

MAX_COUNTED = 10_000
"""Counts end here: what is more is `at least` this."""
SAMPLED = 500
"""Hosts that are looked at for the share that fails, where too many do to count them."""
GOLDEN = (sqrt(5) - 1) / 2
"""Steps of this length, modulo 1, meet no pattern in the numbers of hosts."""
PAGE_ROWS = 1000
"""Hosts of a page."""
KNOWN = "SELECT ifnull((SELECT max(id) FROM host), 0) - forgotten FROM ledger"
"""How many hosts are known: their numbers have no other gaps."""
_GIVEN_UP = f"""
SELECT 1 FROM host WHERE failing_since IS NOT NULL AND failing_since <= ?
AND silent AND failures >= {FAILURES_TO_REST}"""


HOST = ", ".join(
    f"host.{one.name} + {STEPPED}" if one.name in LASTING else f"host.{one.name}"
    for one in fields(HostState)
)


def host_state(db: Connection, key: str) -> HostState | None:
    """Return a host by its key name:port."""
    row = db.execute(f"SELECT {HOST} FROM host WHERE key = ?", (key,)).fetchone()
    return HostState(*row) if row else None


def holder_of_address(db: Connection, host: HostState) -> int | None:
    """Return the process that holds another host at a host's address, if one does."""
    row = db.execute("SELECT owner FROM address WHERE ip = ?", (host.address,)).fetchone()
    return row[0] if row and host.owner is None else None


def hosts_met(db: Connection, after: int) -> Page[HostState]:
    """Return a page of the hosts."""
    rows = db.execute(
        f"SELECT {HOST} FROM host WHERE id > ? ORDER BY id LIMIT {PAGE_ROWS}", (after,)
    ).fetchall()
    found = [HostState(*row) for row in rows]
    return Page(found, found[-1].id if len(found) == PAGE_ROWS else None)


def host_view(db: Connection, now: Seconds, give_up: Seconds) -> HostView:
    """Return how many hosts are in which state, and which one is next."""
    return HostView(host_counts(db, now, give_up), next_host(db))


def next_host(db: Connection) -> HostState | None:
    """Return the free host that is ready first, if any waits for a time."""
    found = [
        row
        for weight in CLASSES
        for row in db.execute(
            f"SELECT {HOST} FROM host WHERE class = ? AND owner IS NULL "
            "AND ready_at IS NOT NULL AND NOT parked ORDER BY ready_at LIMIT 1",
            (weight,),
        )
    ]
    found += db.execute(f"SELECT {HOST} FROM host WHERE parked LIMIT 1").fetchall()
    states = [HostState(*row) for row in found]
    return min(states, key=lambda host: host.ready_at or 0.0, default=None)


def waiting_of(db: Connection, host: int) -> int:
    """Return how many URLs of a host wait, as far as MAX_COUNTED."""
    return count(
        db,
        f"SELECT 1 FROM task WHERE host = ? AND state = {WAITING} AND job != {ROBOTS_JOB}",
        host,
    )


def host_counts(db: Connection, now: Seconds, give_up: Seconds) -> HostCounts:
    """Count the hosts, each state as far as MAX_COUNTED: so it takes no time at any size."""
    (known,) = db.execute(KNOWN).fetchone()
    free = "SELECT 1 FROM host WHERE class = ? AND owner IS NULL AND NOT parked AND ready_at"
    found = {
        "held": count(db, "SELECT 1 FROM host WHERE owner IS NOT NULL"),
        "ready": sum(count(db, f"{free} <= ?", weight, now) for weight in CLASSES)
        + count(db, "SELECT 1 FROM host WHERE parked"),
        "resting": sum(count(db, f"{free} > ?", weight, now) for weight in CLASSES),
    }
    asked = "SELECT rules_until FROM host WHERE asked_until > 0 AND asked_until > ?"
    (looked, found["gated"]) = db.execute(
        "SELECT count(*), ifnull(sum(CAST(rules_until <= ? AS INTEGER)), 0) "
        f"FROM ({asked} LIMIT {MAX_COUNTED})",
        (now, now),
    ).fetchone()
    found["failing"] = count(db, "SELECT 1 FROM host WHERE failing_since IS NOT NULL")
    found["given_up"] = count(db, _GIVEN_UP, now - kept(db).stepped - give_up)
    capped = {name for name in found if name != "gated" and found[name] >= MAX_COUNTED}
    capped |= {"gated"} if looked >= MAX_COUNTED else set()
    share = _failing_share(db, found["failing"], known)
    at_least = tuple(name for name in found if name in capped)
    return HostCounts(known, **found, failing_share=share, at_least=at_least)


def _failing_share(db: Connection, failing: int, known: int) -> float:
    """Return the share of the hosts that fail: of a sample, where the count was cut short."""
    if failing < MAX_COUNTED:
        return failing / known if known else 0.0
    (last,) = db.execute("SELECT max(id) FROM host").fetchone()
    numbers = [1 + int(step * GOLDEN % 1 * last) for step in range(SAMPLED)]
    failing, met = db.execute(
        "SELECT count(failing_since), count(*) FROM host"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(numbers),),
    ).fetchone()
    return float(failing / max(1, met))


def count(db: Connection, select: str, *parameters: Any) -> int:
    """Count what a statement selects, as far as MAX_COUNTED."""
    (n,) = db.execute(f"SELECT count(*) FROM ({select} LIMIT {MAX_COUNTED})", parameters).fetchone()
    return int(n)
