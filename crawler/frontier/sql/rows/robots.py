"""Visits to robots.txt, and the rules they made known.

Such a visit is a task like any other, of a job of its own: so politeness, deadlines, leases, hops
and crashes are what they are for all. While the rules of a host are not known, only this task of it
is leased; where it hops to another host, the first one waits for it.
"""

import json
from collections.abc import Collection
from typing import Any

from crawler.frontier.sql.connection import Connection, Cursor
from crawler.frontier.sql.rows import leased
from crawler.frontier.sql.rows.fingerprints import TASK_OF
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.visited import BEGIN_ANEW
from crawler.frontier.sql.states import LEASED, ROBOTS_JOB, WAITING
from crawler.model import Seconds
from crawler.records import Again, Robots, Settlement
from crawler.urls import fingerprint, host_of

ASKED_FOR_S: Seconds = 3600.0
"""Time after which a visit that has not ended, whatever its hops, is begun anew."""

_ASK = f"""
INSERT INTO task (fingerprint, job, host, due_at, url, via, listed)
VALUES (:fp, {ROBOTS_JOB}, :host, :now, :url, :via, :listed) RETURNING id"""
_ASK_AGAIN = f"""
UPDATE task SET state = {WAITING}, host = :host, due_at = :now, attempt = 0, failures = 0,
    via = :via, listed = :listed WHERE id = :task"""
_NEVER_READ = """
SELECT id, origin FROM host CROSS JOIN robots ON origin IN ('http://' || key, 'https://' || key)
WHERE id IN (SELECT value FROM json_each(?)) AND owner IS NULL AND silent
    AND body IS NULL AND robots.failing_since >= fetched_at AND asked_until = 0"""
"""Hosts that were given up without their rules, see `robots_answer.allows_none`."""
MAX_BODY = 65_536
"""Bytes of a robots.txt that comes with the lease of its host; a longer one is asked for."""
_FIELDS = (
    "origin, body, status, fetched_at, until, refresh_at, failing_since, failures, reason, "
    "crawl_delay"
)
_ANEW = ", ".join(f"{one} = excluded.{one}" for one in _FIELDS.split(", ")[1:])

_OF_HOSTS = f"""
SELECT host.id, {", ".join(f"robots.{one.strip()}" for one in _FIELDS.split(","))}
FROM host CROSS JOIN robots ON origin IN ('http://' || key, 'https://' || key)
WHERE host.id IN (/* few */ {{hosts}}) AND ifnull(length(body), 0) <= {MAX_BODY}"""


def ask(
    db: Connection,
    url: str,
    host: int,
    via: int,
    now: Seconds,
    *,
    listed: bool,
) -> None:
    """Make a visit to a robots.txt due, unless there is one on its way.

    It is for a URL that is `listed` on this host, or for one that a redirect led here.
    """
    number = fingerprint(".robots", url)
    asked: dict[str, Any] = {"host": host, "now": now, "via": via, "listed": int(listed)}
    row = db.execute(
        "SELECT state, due_at, asked_until, task.id FROM task JOIN host ON host.id = ? "
        f"WHERE task.id = {TASK_OF}",
        (host, number),
    ).fetchone()
    due_at = now
    if row and row[0] in {WAITING, LEASED} and not 0 < row[2] <= now:
        due_at = max(now, row[1])
        db.execute("UPDATE task SET listed = max(listed, ?) WHERE id = ?", (int(listed), row[3]))
    elif row:
        leased.take_away(db, row[3])
        db.execute(_ASK_AGAIN, {"task": row[3], **asked})
        db.execute(f"{BEGIN_ANEW} WHERE task = ?", (row[3],))
    else:
        asked |= {"fp": number, "url": url}
        (added,) = db.execute(_ASK, asked).fetchone()
        db.execute("INSERT INTO recent VALUES (?, ?)", (number, added))
    db.execute("UPDATE host SET asked_until = ? WHERE id = ?", (due_at + ASKED_FOR_S, host))


def learn(db: Connection, names: Names, settled: Settlement) -> list[int]:
    """Record the rules that a visit made known, and return the numbers of their host.

    A ledger of an earlier version has another row for its name with a dot at the end.
    """
    record, verdict = settled.robots, settled.verdict
    assert record is not None
    db.execute(
        f"INSERT INTO robots ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        f"ON CONFLICT (origin) DO UPDATE SET {_ANEW}",
        (
            record.origin, record.body, record.status, record.fetched_at, record.until,
            record.refresh_at, record.failing_since, record.failures, record.reason,
            record.crawl_delay,
        ),
    )  # fmt: skip
    via = names.job_id(db, settled.task.job)
    key = host_of(settled.task.url)
    host = names.host_id(db, key, via)
    asked = verdict.at + ASKED_FOR_S if isinstance(verdict, Again) else 0.0
    rows = db.execute(
        "UPDATE host SET rules_until = ?, refresh_at = ?, asked_until = ?, crawl_delay = ?, "
        "rules_version = rules_version + 1 WHERE id = ? OR key = ? RETURNING id",
        (record.until, record.refresh_at, asked, record.crawl_delay, host, dotted(key)),
    )
    return [number for (number,) in rows.fetchall()]


def ask_anew(db: Connection, hosts: Collection[int]) -> None:
    """Let the robots.txt be asked for of hosts without an owner that were given up without it."""
    numbers = (json.dumps(list(hosts)),)
    found = db.execute(_NEVER_READ, numbers).fetchall()
    db.executemany("UPDATE robots SET until = 0 WHERE origin = ?", [(one[1],) for one in found])
    db.executemany(
        "UPDATE host SET rules_until = 0, refresh_at = 0, rules_version = rules_version + 1 "
        "WHERE id = ?",
        [(one[0],) for one in found],
    )


def dotted(key: str) -> str:
    """Return the key that earlier versions had for a host whose name ends in a dot."""
    name, _, port = key.rpartition(":")
    return f"{name}.:{port}"


def ask_known(db: Connection, hosts: str) -> Cursor:
    """Ask for the records of hosts, but for long ones; `hosts` selects their numbers."""
    return db.execute(_OF_HOSTS.format(hosts=hosts))


def known_from(asked: Cursor) -> dict[int, tuple[Robots, ...]]:
    """Return the records that were asked for, by number of the host."""
    found: dict[int, tuple[Robots, ...]] = {}
    for host, *row in asked.fetchall():
        found[host] = (*found.get(host, ()), Robots(*row))
    return found


def known(db: Connection, origin: str) -> Robots | None:
    """Return the record of an origin's robots.txt, None if there is none."""
    row = db.execute(f"SELECT {_FIELDS} FROM robots WHERE origin = ?", (origin,)).fetchone()
    return Robots(*row) if row else None
