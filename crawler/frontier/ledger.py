"""The ledger: URLs become known, visits are recorded, sums are kept. Runs in the native thread."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

from crawler.frontier import Counts
from crawler.frontier.leases import renew
from crawler.frontier.robots import ask, learn
from crawler.frontier.rows import COLUMNS, Names, owe, rest, row_of, tally, task_of
from crawler.frontier.schema import LEASED, RETIRED, ROBOTS, WAITING
from crawler.model import Again, Hop, HostRest, JobRule, Kept, Seconds, Seed, Settlement, Task
from crawler.naming import path_key, suffixed
from crawler.urls import host_of

_ADD = """
INSERT INTO task (fingerprint, job, host, due_at, url, path) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (fingerprint) DO """
_SETTLE = f"""
UPDATE task SET state = :state, due_at = :due_at, host = :host, location = :location, path = :path,
    attempt = :attempt, failures = :failures, hops = :hops, kind = :kind, status = :status,
    size = CASE WHEN :digest IS NULL THEN size ELSE :size END, digest = ifnull(:digest, digest),
    finished_at = :finished_at, reason = :reason,
    etag = :etag, last_modified = :last_modified, part = CASE WHEN :ended THEN NULL ELSE part END,
    directives = :directives
WHERE id = :id AND state = {LEASED}"""


def configure(db: sqlite3.Connection, names: Names, jobs: Sequence[JobRule], now: Seconds) -> None:
    """Make the active jobs those of the configuration, with their rules of today.

    What hosts are closed for or wait for by an older configuration is worked out anew.
    """
    wanted = {names.job_id(db, rule.name): rule for rule in jobs}
    db.executemany(
        "UPDATE job SET delay = ?, per_host = ?, obeys = ?, weight = ? WHERE id = ?",
        [(r.delay, r.per_host, r.obeys, r.weight, job) for job, r in wanted.items()],
    )
    for job, active in db.execute("SELECT id, active FROM job WHERE id != ?", (ROBOTS,)).fetchall():
        if (job in wanted) != bool(active):
            _activate(db, job, active=job in wanted, now=now)
    free = "SELECT id FROM host WHERE owner IS NULL AND"
    held_up = db.execute(f"{free} opens_at > 0 UNION {free} asked_until > 0").fetchall()
    db.execute("UPDATE host SET opens_at = 0 WHERE opens_at > 0 AND owner IS NULL")
    db.execute("UPDATE host SET asked_until = 0 WHERE asked_until > 0 AND owner IS NULL")
    rest(db, [host for (host,) in held_up], now)


def _activate(db: sqlite3.Connection, job: int, *, active: bool, now: Seconds) -> None:
    old, new = (RETIRED, WAITING) if active else (WAITING, RETIRED)
    db.execute("UPDATE job SET active = ? WHERE id = ?", (active, job))
    db.execute("UPDATE task SET state = ? WHERE job = ? AND state = ?", (new, job, old))
    free = "SELECT id FROM host JOIN listing ON host = id WHERE job = ? AND owner IS NULL"
    rest(db, [host for (host,) in db.execute(free, (job,)).fetchall()], now)


def add(
    db: sqlite3.Connection,
    names: Names,
    job: str,
    seeds: Sequence[Seed],
    now: Seconds,
    recount: bool,  # noqa: FBT001  named by the verb that passes it on
) -> int:
    """Make URLs known; what is known already is left as it is."""
    job_id = names.job_id(db, job)
    rows = [
        (seed.fingerprint, job_id, names.host_id(db, seed.host, job_id), now, seed.url, seed.path)
        for seed in seeds
    ]
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM task").fetchone()
    db.executemany(_ADD + ("UPDATE SET listed = listed + 1" if recount else "NOTHING"), rows)
    (new,) = db.execute("SELECT count(*) FROM task WHERE id > ?", (last,)).fetchone()
    if new:
        tally(db, Counter({(job_id, ""): new}))
        rest(db, {row[2] for row in rows}, now)
    return int(new)


def keep(db: sqlite3.Connection, owner: int, task: int, kept: Kept) -> None:
    """Note the part that a visit begins, so that whoever comes after a crash can go on from it."""
    renew(db, owner, 0.0)
    db.execute(
        "UPDATE task SET part = ?, part_etag = ?, part_modified = ?, part_total = ? WHERE id = ?",
        (kept.part, kept.validators.etag, kept.validators.last_modified, kept.total, task),
    )


def claim(db: sqlite3.Connection, paths: Sequence[tuple[int, str, str]]) -> list[str]:
    """Reserve files: the first choice, the second, or one with a number that nobody can guess."""
    return [
        next(choice for choice in _choices(task, path, second) if _claim_one(db, task, choice))
        for task, path, second in paths
    ]


def _choices(task: int, path: str, second: str) -> Iterator[str]:
    yield path
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
    hosts: Sequence[HostRest],
) -> None:
    """Record verdicts, hops to other hosts, the sums, and what the hosts are owed."""
    renew(db, owner, 0.0)
    sums: Counter[tuple[int, str]] = Counter()
    rows = []
    for settled in settlements:
        row = row_of(settled)
        job = names.job_id(db, settled.task.job)
        if isinstance(settled.verdict, Hop):
            row["host"] = names.host_id(db, host_of(settled.verdict.location), job)
        elif not isinstance(settled.verdict, Again) and not settled.task.robots:
            sums[job, settled.outcome.kind] += 1
        rows.append(row)
    db.executemany(_SETTLE, rows)
    tally(db, sums)
    owe(db, owner, hosts)
    changed = {row["host"] for row in rows}
    for settled in settlements:
        if settled.robots:
            changed.add(learn(db, names, settled))
        if settled.outcome.wants:
            job = names.job_id(db, settled.task.job)
            ask(db, settled.outcome.wants, settled.task.host_id, job, settled.finished_at)
    rest(db, changed, max((settled.finished_at for settled in settlements), default=0.0))


def counts(db: sqlite3.Connection) -> Counts:
    """Read the sums."""
    sums = dict(db.execute("SELECT kind, sum(n) FROM tally GROUP BY kind HAVING sum(n) != 0"))
    (leased,) = db.execute(
        f"SELECT count(*) FROM task WHERE state = {LEASED} AND job != {ROBOTS}"
    ).fetchone()
    (hosts,) = db.execute("SELECT ifnull(max(id), 0) FROM host").fetchone()
    return Counts(sums.pop("", 0), leased, hosts, sums)


def listed(db: sqlite3.Connection) -> dict[str, int]:
    """Sum up how often URLs were listed, by kind; kind '' is not visited to an end."""
    return dict(
        db.execute(
            "SELECT CASE WHEN state IN (2, 3) THEN kind ELSE '' END, sum(listed) "
            f"FROM task WHERE job != {ROBOTS} GROUP BY 1"
        )
    )


def unfinished(db: sqlite3.Connection, names: Names, after: int, limit: int) -> list[Task]:
    """Read what is waiting or leased, page by page."""
    rows = db.execute(
        f"SELECT {COLUMNS} FROM task WHERE id > ? AND state IN ({WAITING}, {LEASED}) "
        f"AND job != {ROBOTS} ORDER BY id LIMIT ?",
        (after, limit),
    ).fetchall()
    return [task_of(row, names.job_name(db, row[2])) for row in rows]


def hosts(db: sqlite3.Connection, limit: int) -> list[str]:
    """Read the first hosts."""
    return [key for (key,) in db.execute("SELECT key FROM host ORDER BY id LIMIT ?", (limit,))]
