"""Heartbeats: an owner lives on, and takes back what the dead have left."""

from collections import Counter
from collections.abc import Callable, Mapping

from crawler.frontier.process import Process
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows import addresses
from crawler.frontier.sql.rows.course import STEPPED, look
from crawler.frontier.sql.rows.identity import in_force, leave_text
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.tasks import COLUMNS, tally, task_of
from crawler.frontier.sql.rows.visited import column
from crawler.frontier.sql.rows.wished import hand_on, void_orders
from crawler.frontier.sql.states import DEAD, ROBOTS_JOB, WAITING
from crawler.frontier.sql.visits import under_way
from crawler.frontier.sql.visits.owners import LEASED_BY, renew
from crawler.frontier.values import (
    LEASE_S,
    MAX_CRASHES,
    STALLED_FACTOR,
    Beat,
    Pulse,
    Reclaimed,
    Watched,
)
from crawler.model import DAY_S, Kind, Seconds, Task
from crawler.policy.course import Reading

FEW_TASKS = 8
"""Tasks in flight at a crash among which the culprit is likely."""
STRONG_SUSPICION, WEAK_SUSPICION = 10, 1
SPREAD_S: Seconds = 8.0
"""Longest time over which suspects are spread."""
_DELAY = """
SELECT ifnull(max(delay), 0.0)
FROM host_job JOIN job ON job.id = host_job.job WHERE host_job.host = ? AND job.active"""
_DECLARED = "SELECT ifnull(sum(declared), 0) FROM process WHERE machine = ? AND id != ?"
_SUSPECT = """
INSERT INTO visited (task, suspicion) VALUES (?, ?)
ON CONFLICT (task) DO UPDATE SET suspicion = visited.suspicion + excluded.suspicion"""
_ORPHANED = f"""
UPDATE host SET owner = NULL, answered_at = :now - {STEPPED},
    next_at = max(next_at, :now + max(:delay, gap, crawl_delay)),
    spent = CASE day WHEN :today THEN spent ELSE 0 END + :begun, day = :today WHERE id = :host"""


def beat(
    db: Connection,
    names: Names,
    owner: int,
    pulse: Pulse,
    read: Callable[[], Reading],
    watched: Watched | None,
) -> Beat:
    """Extend the leases of an owner, record how its process is, take back those of the dead.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    course, now = look(db, read())
    machine = _heartbeat(db, owner, pulse, now)
    reclaimed = _reclaim(db, names, now, machine, owner, watched)
    seen = dict(db.execute("SELECT id, seen_at FROM process").fetchall())
    (declared,) = db.execute(_DECLARED, (machine, owner)).fetchone()
    looked = under_way.note(db, owner, pulse, now)
    return Beat(reclaimed, seen, in_force(db), course, looked, declared)


def _heartbeat(db: Connection, owner: int, pulse: Pulse, now: Seconds) -> str:
    """Extend the leases of an owner, and record the state of its process; return its machine."""
    renew(db, owner, now)
    (machine,) = db.execute(
        "UPDATE process SET seen_at = ?, state = ?, config = ?, busy = ?, declared = ?, "
        "visits = ?, rate = ?, rate_ok = ?, bytes = ?, trouble = ?, paused_at = ?, "
        "paused_for = ?, reloaded_at = ?, reloaded = ? WHERE id = ? RETURNING machine",
        (
            now, pulse.state, pulse.config, pulse.busy, pulse.declared, pulse.visits, pulse.rate,
            pulse.rate_ok, pulse.bytes, pulse.trouble, pulse.paused_at, pulse.paused_for,
            pulse.reloaded_at, pulse.reloaded, owner,
        ),
    ).fetchone()  # fmt: skip
    return str(machine)


def _reclaim(
    db: Connection,
    names: Names,
    now: Seconds,
    machine: str,
    mine: int,
    watched: Watched | None,
) -> list[Reclaimed]:
    """Take back the hosts and tasks of owners whose process is gone or whose lease ran out.

    A process that is seen to live has STALLED_FACTOR times as long: a step of the clock is no
    death. Nor is a clock that differs: what the caller has watched counts for more.
    """
    owners = db.execute(
        "SELECT id, machine, pid, born, lease_until, seen_at FROM process"
    ).fetchall()
    reclaimed: list[Reclaimed] = []
    for owner, *which, lease_until, seen_at in owners:
        process = Process(*which)
        gone, lives = process.is_gone(machine), process.lives(machine)
        patience = (STALLED_FACTOR - 1) * LEASE_S if lives else 0.0
        over = lease_until + patience < now
        if watched is not None:
            over = watched.silent.get(owner) == seen_at and (over or not lives)
        if owner != mine and (gone or over):
            if not gone:  # it may wake up and write on: its parts are not continued
                db.execute(
                    f"UPDATE visited SET part = NULL WHERE task IN (SELECT id {LEASED_BY})",
                    (owner,),
                )
            reclaimed += _reclaim_from(db, names, owner, now)
    return reclaimed


def _reclaim_from(db: Connection, names: Names, owner: int, now: Seconds) -> list[Reclaimed]:
    """Put back the tasks and hosts of one dead owner."""
    held = [host for (host,) in db.execute("SELECT id FROM host WHERE owner = ?", (owner,))]
    reclaimed = _suspect_tasks(db, names, owner, now)
    begun = Counter(lost.task.host_id for lost in reclaimed)
    addresses.orphan(db, owner, now)
    _rest_hosts(db, {host: begun[host] for host in held}, now)
    leave_text(db, owner)
    void_orders(db, owner)
    hand_on(db, owner)
    db.execute("DELETE FROM process WHERE id = ?", (owner,))
    return reclaimed


def _suspect_tasks(db: Connection, names: Names, owner: int, now: Seconds) -> list[Reclaimed]:
    """Suspect each leased task of the crash: strongly among few, weakly among many.

    Of many tasks most are innocent. The longer a task has been suspected the longer it waits, at a
    time of its own, so that the culprit is alone with ever fewer others; in the end it dies.
    """
    rows = db.execute(f"SELECT {COLUMNS}, {column('suspicion')} {LEASED_BY}", (owner,)).fetchall()
    weight = STRONG_SUSPICION if len(rows) <= FEW_TASKS else WEAK_SUSPICION
    reclaimed = []
    for *row, before in rows:
        task = task_of(tuple(row), names.job_name(db, row[-1] or row[2]))
        died = before + weight >= MAX_CRASHES * STRONG_SUSPICION
        window = min(before / STRONG_SUSPICION, SPREAD_S)
        wait = (task.fingerprint % 1000) / 1000 * window
        _suspect(db, task, now + wait, weight, died=died)
        if died and row[2] != ROBOTS_JOB:
            _count_death(db, row[2], task.ended)
        reclaimed.append(Reclaimed(task, owner, died))
    return reclaimed


def _rest_hosts(db: Connection, begun: Mapping[int, int], now: Seconds) -> None:
    """Leave hosts without an owner, resting; `begun` is how many of their tasks were leased.

    A host may have been visited a moment ago, which was not recorded: it rests a whole delay, and
    all of its leased tasks count as visited on this day.
    """
    today = int(now // DAY_S)
    for host, count in begun.items():
        (delay,) = db.execute(_DELAY, (host,)).fetchone()
        values = {"now": now, "delay": delay, "begun": count, "today": today, "host": host}
        db.execute(_ORPHANED, values)
    update_ready_at(db, begun, now)


def _suspect(db: Connection, task: Task, due_at: Seconds, weight: int, *, died: bool) -> None:
    db.execute(
        "UPDATE task SET state = ?, due_at = ? WHERE id = ?",
        (DEAD if died else WAITING, due_at, task.id),
    )
    db.execute(_SUSPECT, (task.id, weight))
    if died:
        reason = "the process died during its visits, again and again"
        db.execute("UPDATE task SET ended = ? WHERE id = ?", (Kind.BUG.value, task.id))
        db.execute(
            "UPDATE visited SET kind = ?, reason = ? WHERE task = ?",
            (Kind.BUG.value, reason, task.id),
        )


def _count_death(db: Connection, job: int, ended: str | None) -> None:
    """Keep the sums: a URL that dies is counted as that, and is not due again."""
    sums: Counter[tuple[int, str]] = Counter({(job, Kind.BUG.value): 1})
    if ended:
        sums[job, ended] -= 1
        sums[job, "+"] -= 1
    tally(db, sums)
