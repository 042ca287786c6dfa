"""Owners that are dead: what they held is put back, and what may have killed them is suspected."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crawler.frontier.metrics import DEATHS, Series
from crawler.frontier.process import Process
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.outbox.owning import free
from crawler.frontier.sql.rows import addresses, leased
from crawler.frontier.sql.rows.course import STEPPED
from crawler.frontier.sql.rows.identity import leave_text
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.tasks import COLUMNS, tally, task_of
from crawler.frontier.sql.rows.visited import column
from crawler.frontier.sql.rows.wished import hand_on, void_orders
from crawler.frontier.sql.states import DEAD, ROBOTS_JOB, WAITING
from crawler.frontier.sql.visits import counting
from crawler.frontier.sql.visits.owners import LEASED_BY
from crawler.frontier.values import LEASE_S, MAX_CRASHES, STALLED_FACTOR, Reclaimed, Watched
from crawler.model import DAY_S, Kind, Seconds, Task

FEW_TASKS = 8
"""Tasks in flight at a crash among which the culprit is likely."""
STRONG_SUSPICION, WEAK_SUSPICION = 10, 1
SPREAD_S: Seconds = 8.0
"""Longest time over which suspects are spread."""
_DELAY = """
SELECT ifnull(max(delay), 0.0)
FROM host_job JOIN job ON job.id = host_job.job WHERE host_job.host = ? AND job.active"""
OWNERS = "SELECT id, machine, pid, born, lease_until, seen_at FROM process"
"""Selects the rows of `Other`."""
_DISOWN_PARTS = f"UPDATE visited SET part = NULL WHERE task IN (SELECT id {LEASED_BY})"
_SUSPECT = """
INSERT INTO visited (task, suspicion) VALUES (?, ?)
ON CONFLICT (task) DO UPDATE SET suspicion = visited.suspicion + excluded.suspicion"""
_ORPHANED = f"""
UPDATE host SET owner = NULL, answered_at = :now - {STEPPED},
    next_at = max(next_at, :now + max(:delay, gap, crawl_delay)),
    spent = CASE day WHEN :today THEN spent ELSE 0 END + :begun, day = :today WHERE id = :host"""


class Other(NamedTuple):
    """A process of the ledger."""

    owner: int
    machine: str
    pid: int
    born: str
    lease_until: Seconds
    seen_at: Seconds


def dead(
    others: Sequence[Other], now: Seconds, machine: str, watched: Watched | None
) -> list[tuple[Other, bool]]:
    """Return the owners whose process is gone or whose lease ran out, and whether it is gone.

    A process that is seen to live has STALLED_FACTOR times as long: a step of the clock is no
    death. Nor is a clock that differs: what the caller has watched counts for more.
    """
    found = []
    for one in others:
        process = Process(one.machine, one.pid, one.born)
        gone, lives = process.is_gone(machine), process.lives(machine)
        patience = (STALLED_FACTOR - 1) * LEASE_S if lives else 0.0
        over = one.lease_until + patience < now
        if watched is not None:
            over = watched.silent.get(one.owner) == one.seen_at and (over or not lives)
        if gone or over:
            found.append((one, gone))
    return found


def reclaim(
    db: Connection, names: Names, now: Seconds, them: Sequence[tuple[Other, bool]]
) -> list[Reclaimed]:
    """Take back the hosts and tasks of the dead; one that is not gone may wake up and write on."""
    reclaimed: list[Reclaimed] = []
    for one, is_gone in them:
        if not is_gone:  # so its parts are not continued
            db.execute(_DISOWN_PARTS, (one.owner,))
        reclaimed += _reclaim_from(db, names, one.owner, now)
    return reclaimed


def _reclaim_from(db: Connection, names: Names, owner: int, now: Seconds) -> list[Reclaimed]:
    """Put back the tasks and hosts of one dead owner."""
    held = [host for (host,) in db.execute("SELECT id FROM host WHERE owner = ?", (owner,))]
    reclaimed = _suspect_tasks(db, names, owner, now)
    begun = Counter(lost.task.host_id for lost in reclaimed)
    leased.end(db, owner)
    addresses.orphan(db, owner, now)
    _rest_hosts(db, {host: begun[host] for host in held}, now)
    leave_text(db, owner)
    void_orders(db, owner)
    hand_on(db, owner)
    free(db, owner)
    counting.bury(db, owner)
    counting.add(db, {Series(DEATHS): 1})
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
