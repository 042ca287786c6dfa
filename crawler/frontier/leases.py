"""Leases: hosts change hands, and what a dead owner held comes back. Runs in the native thread."""

import sqlite3
from collections import Counter
from collections.abc import Sequence

from crawler.errors import LeaseLostError
from crawler.frontier import LEASE, MAX_CRASHES, STALLED, Lease, Pulse, Reclaimed
from crawler.frontier.process import Process
from crawler.frontier.rows import COLUMNS, Names, owe, rest, tally, task_of
from crawler.frontier.schema import DEAD, LEASED, ROBOTS, WAITING
from crawler.frontier.turns import CLASSES, Shares, Visitor, leased
from crawler.model import HostRest, Kind, Seconds, Task

FEW = 8
"""Tasks in flight at a crash among which the culprit is likely."""
STRONG, FAINT = 10, 1
SPREAD: Seconds = 8.0
"""Longest time over which suspects are spread."""
FIRST = 2
"""Tasks of a host just taken; how many more it can use shows with the next lease."""

_RULE = """
SELECT ifnull(max(delay), 0.0), ifnull(min(per_host), 1000)
FROM listing JOIN job ON job.id = listing.job WHERE listing.host = ? AND job.active"""
_FREE = "UPDATE host SET owner = NULL WHERE id = ? AND owner = ?"
_THERE = "EXISTS (SELECT 1 FROM host AS held WHERE held.address = host.address AND held.owner"
_READY = f"""
SELECT id, address IS NOT NULL AND {_THERE} = :owner) FROM host
WHERE class = :class AND owner IS NULL AND ready_at <= :now AND (
    address IS NULL OR NOT {_THERE} IS NOT NULL AND held.owner != :owner))
ORDER BY ready_at LIMIT :limit"""
_FREE_NOW = f"""
SELECT count(*) FROM (SELECT 1 FROM host WHERE owner IS NULL AND ready_at <= ?
    AND (address IS NULL OR NOT {_THERE} IS NOT NULL)) LIMIT ?)"""
_PLACES = "SELECT count(DISTINCT ifnull(address, id)) FROM host WHERE owner"
_NEXT = """
SELECT min(ready_at) FROM host WHERE class = ? AND owner IS NULL AND ready_at IS NOT NULL"""
_BACK = (
    f"UPDATE task SET state = {WAITING}, attempt = attempt - 1 WHERE id = ? AND state = {LEASED}"
)
_HELD = f"FROM task WHERE state = {LEASED} AND host IN (SELECT id FROM host WHERE owner = ?)"


def own(db: sqlite3.Connection, process: Process, now: Seconds) -> int:
    """Admit a process."""
    cursor = db.execute(
        "INSERT INTO process (machine, pid, born, started_at, lease_until) VALUES (?, ?, ?, ?, ?)",
        (process.machine, process.pid, process.born, now, now + LEASE),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def renew(db: sqlite3.Connection, owner: int, now: Seconds) -> None:
    """Extend the leases, or fail if they are gone; time never runs backwards here."""
    cursor = db.execute(
        "UPDATE process SET lease_until = max(lease_until, ?) WHERE id = ?", (now + LEASE, owner)
    )
    if not cursor.rowcount:
        raise LeaseLostError(
            "another process took this one for dead and reclaimed its leases; was it stopped, "
            f"or was the machine stalled, for more than {LEASE:.0f} s?"
        )


def heartbeat(db: sqlite3.Connection, owner: int, pulse: Pulse, now: Seconds) -> None:
    """Extend the leases, and tell how the process is."""
    renew(db, owner, now)
    db.execute("INSERT OR REPLACE INTO alive VALUES (1, ?)", (now,))
    db.execute(
        "UPDATE process SET seen_at = ?, state = ?, config = ?, busy = ?, visits = ?, rate = ?, "
        "rate_ok = ?, bytes = ? WHERE id = ?",
        (
            now, pulse.state, pulse.config, pulse.busy, pulse.visits, pulse.rate, pulse.rate_ok,
            pulse.bytes, owner,
        ),
    )  # fmt: skip


def alive(db: sqlite3.Connection) -> Seconds | None:
    """Return when a process was last seen here."""
    row = db.execute("SELECT at FROM alive").fetchone()
    return row[0] if row else None


def lease(
    db: sqlite3.Connection,
    names: Names,
    visitor: Visitor,
    shares: Shares,
    owner: int,
    now: Seconds,
    new: int,
    wants: dict[int, int],
    idle: Sequence[HostRest],
    back: Sequence[int],
) -> Lease:
    """Free idle hosts, take new ones, take tasks: in this order, so that a host may come back."""
    renew(db, owner, now)
    db.executemany(_BACK, [(task,) for task in back])
    owe(db, owner, idle)
    db.executemany(_FREE, [(host.id, owner) for host in idle])
    rest(db, [host.id for host in idle], now)
    share = _fair_share(db, owner, now, new)
    taken = _ready(db, shares, owner, now, new, share)
    db.executemany("UPDATE host SET owner = ? WHERE id = ?", [(owner, host) for host in taken])
    wanted = dict.fromkeys(taken, FIRST) | wants
    hosts = tuple(leased(db, names, visitor, host, now, limit) for host, limit in wanted.items())
    times = [db.execute(_NEXT, (weight,)).fetchone()[0] for weight in CLASSES]
    next_at = min((time for time in times if time is not None), default=None)
    return Lease(hosts, max(0, -share), next_at)


def _ready(
    db: sqlite3.Connection, shares: Shares, owner: int, now: Seconds, new: int, share: int
) -> list[int]:
    """Return up to `new` hosts to take, of every class its part.

    An address stays with one process while that holds a host of it: so its limit holds for all.
    Nobody else can take the others there, so they do not count against the process's share.
    """
    if new <= 0:
        return []
    found: dict[int, list[int]] = {}
    bound: set[int] = set()
    for weight in CLASSES:
        values = {"class": weight, "now": now, "owner": owner, "limit": new}
        rows = db.execute(_READY, values).fetchall()
        found[weight] = [host for host, _ in rows]
        bound.update(host for host, there in rows if there)
    chosen = shares.pick(found, new)
    free = [host for host in chosen if host not in bound]
    beyond = set(free[max(0, share) :])
    return [host for host in chosen if host not in beyond]


def _fair_share(db: sqlite3.Connection, owner: int, now: Seconds, new: int) -> int:
    """Return how many more hosts the owner may take; negative is what it should give back.

    Alone it may take what it asks for. Among several it has its part of all hosts that are owned
    or free, rounded up, those at one address counted as one; what it holds beyond that is surplus
    only while no other host is free.
    """
    (living,) = db.execute("SELECT count(*) FROM process WHERE lease_until > ?", (now,)).fetchone()
    if living <= 1:
        return new
    (mine,) = db.execute(f"{_PLACES} = ?", (owner,)).fetchone()
    (owned,) = db.execute(f"{_PLACES} IS NOT NULL").fetchone()
    limit = living * (mine + new) + 1
    (free,) = db.execute(_FREE_NOW, (now, limit)).fetchone()
    share = -(-(owned + free) // living) - mine
    return max(share, 0) if free else int(share)


def release(
    db: sqlite3.Connection, names: Names, owner: int, hosts: Sequence[HostRest], now: Seconds
) -> list[Task]:
    """Give everything back: a task that was not visited keeps its attempts."""
    held = [host for (host,) in db.execute("SELECT id FROM host WHERE owner = ?", (owner,))]
    rows = db.execute(f"SELECT {COLUMNS} {_HELD}", (owner,)).fetchall()
    db.executemany(
        f"UPDATE task SET state = {WAITING}, attempt = attempt - 1 WHERE id = ?",
        [(row[0],) for row in rows],
    )
    owe(db, owner, hosts)
    db.execute("UPDATE host SET owner = NULL WHERE owner = ?", (owner,))
    rest(db, held, now)
    db.execute("DELETE FROM process WHERE id = ?", (owner,))
    return [task_of(row, names.job_name(db, row[-1] or row[2])) for row in rows]


def reclaim(
    db: sqlite3.Connection, names: Names, now: Seconds, machine: str, mine: int
) -> list[Reclaimed]:
    """Take back what owners held whose process is gone or whose lease ran out.

    One that is seen to live has ten times as long: a step of the clock is no death.
    """
    owners = db.execute("SELECT id, machine, pid, born, lease_until FROM process").fetchall()
    reclaimed: list[Reclaimed] = []
    for owner, *which, lease_until in owners:
        process = Process(*which)
        gone = process.is_gone(machine)
        patience = (STALLED - 1) * LEASE if process.lives(machine) else 0.0
        if owner != mine and (gone or lease_until + patience < now):
            if not gone:  # it may wake up and write on: nobody continues its parts
                db.execute(f"UPDATE task SET part = NULL WHERE id IN (SELECT id {_HELD})", (owner,))
            reclaimed += _reclaim_from(db, names, owner, now)
    return reclaimed


def _reclaim_from(
    db: sqlite3.Connection, names: Names, owner: int, now: Seconds
) -> list[Reclaimed]:
    """Put back what one dead owner held.

    A task is suspected of the crash, strongly in the company of few, faintly in that of many,
    most of whom are innocent. The longer it has been suspected the longer it waits, at a time of
    its own, so that the culprit is alone with ever fewer others; in the end it dies. Its host may
    have been greeted a moment ago, which nobody recorded: it rests a whole delay.
    """
    held = [host for (host,) in db.execute("SELECT id FROM host WHERE owner = ?", (owner,))]
    rows = db.execute(f"SELECT {COLUMNS}, suspicion {_HELD}", (owner,)).fetchall()
    weight = STRONG if len(rows) <= FEW else FAINT
    reclaimed = []
    for *row, before in rows:
        task = task_of(tuple(row), names.job_name(db, row[-1] or row[2]))
        died = before + weight >= MAX_CRASHES * STRONG
        window = min(before / STRONG, SPREAD)
        wait = (task.fingerprint % 1000) / 1000 * window
        _suspect(db, task, now + wait, weight, died=died)
        if died and row[2] != ROBOTS:
            _count_death(db, row[2], task.ended)
        reclaimed.append(Reclaimed(task, owner, died))
    for host in held:
        (delay, _) = db.execute(_RULE, (host,)).fetchone()
        db.execute(
            "UPDATE host SET owner = NULL, next_at = max(next_at, ? + max(?, gap, crawl_delay)) "
            "WHERE id = ?",
            (now, delay, host),
        )
    rest(db, held, now)
    db.execute("DELETE FROM process WHERE id = ?", (owner,))
    return reclaimed


def _suspect(
    db: sqlite3.Connection, task: Task, due_at: Seconds, weight: int, *, died: bool
) -> None:
    db.execute(
        "UPDATE task SET state = ?, due_at = ?, suspicion = suspicion + ? WHERE id = ?",
        (DEAD if died else WAITING, due_at, weight, task.id),
    )
    if died:
        db.execute(
            "UPDATE task SET kind = :bug, ended = :bug, reason = :reason WHERE id = :id",
            {
                "bug": Kind.BUG.value,
                "reason": "the process died during its visits, again and again",
                "id": task.id,
            },
        )


def _count_death(db: sqlite3.Connection, job: int, ended: str | None) -> None:
    """Keep the sums: a URL that dies is counted as that, and is not due again."""
    sums: Counter[tuple[int, str]] = Counter({(job, Kind.BUG.value): 1})
    if ended:
        sums[job, ended] -= 1
        sums[job, "+"] -= 1
    tally(db, sums)
