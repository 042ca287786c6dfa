"""What the ledger tells of the crawler as a whole: its processes, and the sums of its jobs."""

from dataclasses import fields
from typing import Any

from crawler.frontier.metrics import Gauges
from crawler.frontier.process import Process, host_name
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.desk.budgets import spent
from crawler.frontier.sql.desk.hosts import KNOWN, host_view
from crawler.frontier.sql.rows.logins import failing
from crawler.frontier.sql.states import GUEST, LEASED, ROBOTS_JOB
from crawler.frontier.sums import MAX_RETRYING, JobSums, Member, Store, Sums
from crawler.model import Seconds
from crawler.records import JobTerms

_MEMBERS = f"""
SELECT id, machine, pid, born, started_at, lease_until, seen_at, state, config, name, busy, visits,
    rate, rate_ok, bytes, digest != '' AND digest != (SELECT digest FROM ledger),
    trouble, version, heard, paused_at, paused_for, reloaded_at, reloaded,
    descriptors, memory, disk_free, disk_inodes, lag
FROM process WHERE state != '{GUEST}' ORDER BY id"""
_GAUGES = len(fields(Gauges))
_JOBS = """
SELECT id, name, active, schedule, held, meaning, delay, per_host, obeys, weight,
    EXISTS (SELECT 1 FROM source WHERE source.job = job.id),
    (SELECT max(synced_at) FROM source WHERE source.job = job.id),
    (SELECT ifnull(sum(filtered), 0) FROM source WHERE source.job = job.id)
FROM job WHERE id != ? ORDER BY active DESC, id"""


_RETRYING = f"""
SELECT count(*) FROM (SELECT 1 FROM task WHERE job = ? AND state <= {LEASED}
    AND (failures > 0 OR put_off > 0) LIMIT {MAX_RETRYING})"""


def sums(db: Connection, now: Seconds, give_up: Seconds | None) -> Sums:
    """Return the ledger as a whole."""
    uid, holder, wishes = db.execute("SELECT uid, name, wishes FROM ledger").fetchone()
    (leased,) = db.execute(
        f"SELECT ifnull(sum(n), 0) FROM leased WHERE job != {ROBOTS_JOB} "
        "AND job IN (SELECT id FROM job WHERE active)"
    ).fetchone()
    (met,) = db.execute(KNOWN).fetchone()
    owned = db.execute("SELECT 1 FROM host WHERE owner IS NOT NULL LIMIT 1").fetchone()
    hosts = None if give_up is None else host_view(db, now, give_up)
    return Sums(
        uid, holder=holder, members=_members(db), jobs=_jobs(db), leased=int(leased), met=met,
        owned=owned is not None, hosts=hosts, wishes=wishes, stores=_stores(db),
    )  # fmt: skip


def _members(db: Connection) -> list[Member]:
    """Return the processes, the oldest first."""
    rows = db.execute(_MEMBERS).fetchall()
    return [Member(owner, Process(*row[:3]), *_told(row[3:])) for owner, *row in rows]


def _told(row: list[Any]) -> list[Any]:
    """Return what a process told of itself, the gauges as one."""
    return [*row[:-_GAUGES], Gauges(*row[-_GAUGES:])]


def _stores(db: Connection) -> list[Store]:
    rows = db.execute("SELECT id, uid, machine, folder, seen_at FROM store ORDER BY id").fetchall()
    return [Store(number, uid, host_name(machine), *row) for number, uid, machine, *row in rows]


def _jobs(db: Connection) -> list[JobSums]:
    """Return the sums of every job."""
    budgets, logins = spent(db), failing(db)
    sums: dict[int, dict[str, int]] = {}
    for job, kind, n in db.execute("SELECT job, kind, n FROM tally WHERE n != 0"):
        sums.setdefault(job, {})[kind] = n
    found = []
    for number, name, active, schedule, *row in db.execute(_JOBS, (ROBOTS_JOB,)).fetchall():
        kinds = sums.get(number, {})
        known, retired, again = (kinds.pop(kind, 0) for kind in ("", "retired", "+"))
        held, meaning, delay, per_host, obeys, weight, listed, read_at, filtered = row
        terms = JobTerms(name, delay, per_host, bool(obeys), weight)
        (retrying,) = db.execute(_RETRYING, (number,)).fetchone()
        found.append(
            JobSums(
                name, bool(active), schedule, known, retired, again, kinds, held, meaning, terms,
                listed=bool(listed), retrying=retrying, read_at=read_at,
                filtered=filtered, spent=budgets.get(number),
                login=logins.get(number),
            )
        )  # fmt: skip
    return found
