"""Visits are recorded, files reserved, sums kept. Runs in the native thread."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from crawler.frontier.fingerprints import is_known
from crawler.frontier.names import Names
from crawler.frontier.new_urls import enlist
from crawler.frontier.owners import renew
from crawler.frontier.readiness import owe, update_ready_at
from crawler.frontier.robots import ask, learn
from crawler.frontier.rows import COLUMNS, ENDS, Row, numbered, row_of, tally, task_of
from crawler.frontier.schema import LEASED, ROBOTS_JOB, WAITING
from crawler.model import Kept, Seconds, Task
from crawler.policy.naming import path_key, suffixed
from crawler.policy.retry import end_of
from crawler.records import Hop, HostRecord, Seed, Settlement
from crawler.urls import host_of

_SETTLE = numbered(f"""
UPDATE task SET state = :state, due_at = :due_at, host = :host, location = :location,
    path = ifnull(:path, path), attempt = :attempt, failures = :failures, hops = :hops,
    kind = :kind, status = :status,
    size = CASE WHEN :digest IS NULL THEN size ELSE :size END, digest = ifnull(:digest, digest),
    finished_at = :finished_at, reason = :reason,
    etag = :etag, last_modified = :last_modified, part = CASE WHEN :ended THEN NULL ELSE part END,
    directives = :directives, every = :every, ended = ifnull(:final, ended),
    success_at = ifnull(:success_at, success_at), changed_at = ifnull(:changed_at, changed_at),
    unverified = CASE WHEN :digest IS NULL THEN unverified ELSE :unverified END,
    put_off = :put_off, suspicion = CASE WHEN :cleared THEN 0 ELSE suspicion END
WHERE id = :id AND state = {LEASED}""")

_WANTED = "SELECT value, CAST(key AS INTEGER) AS claimant FROM json_each(?)"
_CLAIM = f"INSERT OR IGNORE INTO file {_WANTED} WHERE true RETURNING task"
_CLAIMED = f"SELECT task FROM ({_WANTED}) CROSS JOIN file ON key = value AND task = claimant"


def add(
    db: sqlite3.Connection,
    names: Names,
    job: str,
    seeds: Sequence[Seed],
    now: Seconds,
    recount: bool,  # noqa: FBT001  named by the verb that passes it on
) -> int:
    """Make URLs known that stand on no list; a URL that is known already stays as it is."""
    number = names.job_id(db, job)
    if not recount:
        seeds = [seed for seed in seeds if not is_known(db, seed.fingerprint)]
    return enlist(db, names, number, seeds, now)


def keep(db: sqlite3.Connection, owner: int, task: int, kept: Kept) -> None:
    """Note the part that a visit begins, so that a visit after a crash can go on from it.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    renew(db, owner, 0.0)
    db.execute(
        "UPDATE task SET part = ?, part_etag = ?, part_modified = ?, part_total = ? WHERE id = ?",
        (kept.part, kept.validators.etag, kept.validators.last_modified, kept.total, task),
    )


def claim(db: sqlite3.Connection, paths: Sequence[tuple[int, str, str]]) -> list[str]:
    """Reserve a file for each (task, first, second choice), or the second with a number added."""
    mine = _claim_all(db, {task: path_key(path) for task, path, _ in paths})
    return [
        path
        if task in mine
        else next(choice for choice in _others(task, second) if _claim_one(db, task, choice))
        for task, path, second in paths
    ]


def _claim_all(db: sqlite3.Connection, firsts: Mapping[int, int]) -> set[int]:
    """Reserve the free ones of the first choices, by task; return the tasks that have theirs.

    All in a statement or two: after every one the thread has to win the interpreter back.
    """
    mine = {task for (task,) in db.execute(_CLAIM, (json.dumps(firsts),))}
    others = {task: key for task, key in firsts.items() if task not in mine}
    if others:
        mine.update(task for (task,) in db.execute(_CLAIMED, (json.dumps(others),)))
    return mine


def _others(task: int, second: str) -> Iterator[str]:
    yield second
    for number in count(task):
        yield suffixed(second, number)


def _claim_one(db: sqlite3.Connection, task: int, path: str) -> bool:
    key = path_key(path)
    db.execute("INSERT OR IGNORE INTO file VALUES (?, ?)", (key, task))
    (owner,) = db.execute("SELECT task FROM file WHERE key = ?", (key,)).fetchone()
    return bool(owner == task)


def settle(
    db: sqlite3.Connection,
    names: Names,
    owner: int,
    settlements: Sequence[Settlement],
    hosts: Sequence[HostRecord],
) -> None:
    """Record verdicts, hops to other hosts, the sums, and the rests of hosts.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    renew(db, owner, 0.0)
    rows = [_row(db, names, settled) for settled in settlements]
    db.executemany(_SETTLE, rows)
    tally(db, _sums(db, names, settlements))
    changed = {row.host for row in rows}
    if owe(db, owner, hosts):  # the owner of a host keeps its times in memory
        changed -= {host.id for host in hosts}
    changed |= _learned(db, names, settlements)
    update_ready_at(db, changed, max((settled.finished_at for settled in settlements), default=0.0))


def _row(db: sqlite3.Connection, names: Names, settled: Settlement) -> Row:
    row, task = row_of(settled), settled.task
    if isinstance(settled.verdict, Hop):
        there = settled.verdict.location
    elif ".:" in task.host:  # of an earlier version: it is the host without the dot
        there = row.location or task.url
    else:
        return row
    return row._replace(host=names.host_id(db, host_of(there), names.job_id(db, task.job)))


def _sums(
    db: sqlite3.Connection, names: Names, settlements: Sequence[Settlement]
) -> "Counter[tuple[int, str]]":
    """Return the changes of the sums by ends of visits, by (job, kind).

    A URL is counted by the kind of its last end, and under "+" while it is due again.
    """
    sums: Counter[tuple[int, str]] = Counter()
    for settled in settlements:
        task, verdict = settled.task, settled.verdict
        if task.robots or not isinstance(verdict, ENDS):
            continue
        job = names.job_id(db, task.job)
        if task.ended:
            sums[job, task.ended] -= 1
        sums[job, end_of(task, settled.outcome)] += 1
        sums[job, "+"] += bool(verdict.next_at) - (task.ended is not None)
    return sums


def _learned(db: sqlite3.Connection, names: Names, settlements: Sequence[Settlement]) -> set[int]:
    """Record rules of robots.txt, ask for missing ones; return the hosts of changed rules."""
    hosts = set()
    for settled in settlements:
        if settled.robots:
            hosts.update(learn(db, names, settled))
        if wanted := settled.outcome.needs_robots:
            task, at = settled.task, settled.finished_at
            listed = host_of(task.url) == host_of(task.location)
            ask(db, wanted, task.host_id, names.job_id(db, task.job), at, listed=listed)
    return hosts


def unfinished(db: sqlite3.Connection, names: Names, after: int, limit: int) -> list[Task]:
    """Return a page of tasks that wait or are leased, by their numbers beyond `after`."""
    rows = db.execute(
        f"SELECT {COLUMNS} FROM task WHERE id > ? AND state IN ({WAITING}, {LEASED}) "
        f"AND job IN (SELECT id FROM job WHERE active AND id != {ROBOTS_JOB}) ORDER BY id LIMIT ?",
        (after, limit),
    ).fetchall()
    return [task_of(row, names.job_name(db, row[2])) for row in rows]


def hosts(db: sqlite3.Connection, limit: int) -> list[str]:
    """Return the keys of the first hosts."""
    return [key for (key,) in db.execute("SELECT key FROM host ORDER BY id LIMIT ?", (limit,))]
