"""What the ledger tells and takes from outside, with a daemon at work on it or without one.

Whoever reads holds no transaction longer than a page, so that the daemon's checkpoints go on. What
is written goes in slices, and after each the file is left to others for as long as it took.
"""

import os
import shutil
import sqlite3
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from crawler.errors import StateError, UsageError
from crawler.frontier.process import Process
from crawler.frontier.rows import Names, rest, tally
from crawler.frontier.schema import (
    APPLICATION_ID,
    DEAD,
    DONE,
    LEASED,
    RETIRED,
    ROBOTS,
    VERSION,
    WAITING,
)
from crawler.frontier.turns import CLASSES
from crawler.model import Kind, Seconds
from crawler.naming import path_key
from crawler.politeness import BREAK, DAY
from crawler.urls import fingerprint, host_of

Connection = sqlite3.Connection
SLICE = 2000
"""Rows of one transaction."""
PAGE = 5000
"""Ids that one statement looks through."""
CAP = 10_000
"""Counts of hosts end here: what is more is `at least` this."""
LOOK = 50_000
"""Hosts among which those that fail are counted."""
BUSY: Seconds = 10.0
STATES = ("waiting", "leased", "done", "dead", "retired")
"""The states of a task, by number."""

_WELL = f"('{Kind.STORED}', '{Kind.UNCHANGED}')"
_REPAIR = (
    "Stop the daemon, move the file with its -wal and -shm away, and restore what "
    "`crawler backup` wrote; without a backup, `sqlite3 {file} .recover | sqlite3 NEW` saves what "
    "can be read"
)
_REMEDIES = {
    sqlite3.SQLITE_CORRUPT: f"is damaged. {_REPAIR}",
    sqlite3.SQLITE_NOTADB: f"is no database, or its first page is damaged. {_REPAIR}",
    sqlite3.SQLITE_BUSY: "is held by another program; try again, or see who has it open",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; run this as the user of the daemon",
    sqlite3.SQLITE_READONLY: "cannot be written to; run this as the user of the daemon",
    sqlite3.SQLITE_FULL: "has no room to grow; make some on its disk",
    sqlite3.SQLITE_IOERR: "cannot be read or written; see to the disk, or to its room and limits",
}


@contextmanager
def opened(
    state: Path,
    *,
    write: bool = False,
    obeys: Callable[[str], bool | None] = lambda _: None,
) -> Iterator[Connection]:
    """Open a state file that is there; it is never made, and changed only if that is wanted.

    `obeys` tells of a host whether its robots.txt is obeyed, where the configuration says so of
    the host.

    Raises:
        StateError: it cannot be used, or turns out to be damaged; the message names the remedy.
    """
    if not state.exists():
        raise StateError(
            f"{state} is not there. A daemon makes it when it starts; if one has run, look for "
            "its `crawler.state` elsewhere"
        )
    if state.is_dir():
        raise StateError(f"{state} is a folder; name the file in it")
    place = f"{state.absolute().as_uri()}?mode={'rw' if write else 'ro'}"
    try:
        with closing(sqlite3.connect(place, uri=True, isolation_level=None, timeout=BUSY)) as db:
            _check(db, state)
            db.create_function("obeys", 1, obeys)
            yield db
    except sqlite3.Error as error:
        raise StateError(_told(state, error)) from error


def _told(state: Path, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    remedy = _REMEDIES.get(code, "cannot be used as the state file. " + _REPAIR)
    return f"{state} {remedy.format(file=state)} ({error})"


def _check(db: Connection, state: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not tables:
        raise StateError(f"{state} is empty; a daemon fills it when it starts")
    if application != APPLICATION_ID:
        raise StateError(f"{state} is a database of another program; name the crawler's own")
    if version > VERSION:
        raise StateError(
            f"{state} was written by a newer crawler (schema {version}, this one knows {VERSION}); "
            "use the `crawler` of that version"
        )
    if version < VERSION:
        raise StateError(
            f"{state} was written by an older crawler (schema {version}, this one needs {VERSION});"
            " start the daemon once to migrate it"
        )


# What it tells of the crawler as a whole -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """A process of the crawler, as its row tells."""

    owner: int
    process: Process
    started_at: Seconds
    lease_until: Seconds
    seen_at: Seconds
    state: str
    config: str
    busy: int
    visits: int
    rate: float
    rate_ok: float
    bytes: int

    def life(self, machine: str, now: Seconds) -> str:
        """Tell whether it is alive, dead, or silent: of another machine only its lease can tell."""
        if self.process.is_gone(machine):
            return "dead"
        return "alive" if self.process.lives(machine) or self.lease_until >= now else "silent"


def members(db: Connection) -> list[Member]:
    """Return the processes, the oldest first."""
    rows = db.execute(
        "SELECT id, machine, pid, born, started_at, lease_until, seen_at, state, config, busy, "
        "visits, rate, rate_ok, bytes FROM process ORDER BY id"
    )
    return [Member(owner, Process(*row[:3]), *row[3:]) for owner, *row in rows]


@dataclass(frozen=True, slots=True)
class JobSums:
    """What has become of a job's URLs."""

    name: str
    active: bool
    """Whether the configuration still has it."""
    schedule: str
    known: int = 0
    retired: int = 0
    again: int = 0
    """Ended, and due again."""
    kinds: dict[str, int] = field(default_factory=dict)
    """By how their last visit ended that was an end."""

    @property
    def waiting(self) -> int:
        """Return how many wait for their first end, or are on their way to it."""
        return self.known - self.retired - sum(self.kinds.values())


def jobs(db: Connection) -> list[JobSums]:
    """Return the sums of every job."""
    sums: dict[int, dict[str, int]] = {}
    for job, kind, n in db.execute("SELECT job, kind, n FROM tally WHERE n != 0"):
        sums.setdefault(job, {})[kind] = n
    rows = db.execute(
        "SELECT id, name, active, schedule FROM job WHERE id != ? ORDER BY active DESC, id",
        (ROBOTS,),
    )
    found = []
    for number, name, active, schedule in rows.fetchall():
        kinds = sums.get(number, {})
        known, retired, again = (kinds.pop(kind, 0) for kind in ("", "retired", "+"))
        found.append(JobSums(name, bool(active), schedule, known, retired, again, kinds))
    return found


@dataclass(frozen=True, slots=True)
class HostCounts:
    """How many hosts are in which state."""

    known: int
    held: int
    """Belong to a process now."""
    ready: int
    resting: int
    """Will be ready later."""
    gated: int
    """Are not visited before their robots.txt is known."""
    failing: int
    """Rest long after failures in a row."""
    given_up: int
    """Gave no answer at all for so long that their URLs end unvisited."""
    at_least: tuple[str, ...] = ()
    """Counts that were not carried on to their end."""


def host_counts(db: Connection, now: Seconds, give_up: Seconds = DAY) -> HostCounts:
    """Count the hosts, each state as far as CAP: so it takes no time at any size."""
    (known,) = db.execute("SELECT ifnull(max(id), 0) FROM host").fetchone()
    free = "SELECT 1 FROM host WHERE class = ? AND owner IS NULL AND ready_at"
    found = {
        "held": _counted(db, "SELECT 1 FROM host WHERE owner IS NOT NULL"),
        "ready": sum(_counted(db, f"{free} <= ?", weight, now) for weight in CLASSES),
        "resting": sum(_counted(db, f"{free} > ?", weight, now) for weight in CLASSES),
    }
    asked = "SELECT rules_until FROM host WHERE asked_until > 0 AND asked_until > ?"
    (looked, found["gated"]) = db.execute(
        f"SELECT count(*), ifnull(sum(rules_until <= ?), 0) FROM ({asked} LIMIT {CAP})", (now, now)
    ).fetchone()
    (found["failing"], found["given_up"]) = db.execute(
        "SELECT ifnull(sum(failures >= ?), 0), "
        "ifnull(sum(silent AND failures >= ? AND failing_since <= ?), 0) "
        f"FROM (SELECT failures, silent, failing_since FROM host LIMIT {LOOK})",
        (BREAK, BREAK, now - give_up),
    ).fetchone()
    capped = {name for name in ("held", "ready", "resting") if found[name] >= CAP}
    capped |= {"gated"} if looked >= CAP else set()
    capped |= {"failing", "given_up"} if known > LOOK else set()
    return HostCounts(known, **found, at_least=tuple(name for name in found if name in capped))


def _counted(db: Connection, select: str, *parameters: Any) -> int:
    (n,) = db.execute(f"SELECT count(*) FROM ({select} LIMIT {CAP})", parameters).fetchone()
    return int(n)


def next_host(db: Connection) -> "HostState | None":
    """Return the free host that is ready first, if any waits for a time."""
    found = [
        row
        for weight in CLASSES
        for row in db.execute(
            f"SELECT {_HOST} FROM host WHERE class = ? AND owner IS NULL "
            "AND ready_at IS NOT NULL ORDER BY ready_at LIMIT 1",
            (weight,),
        )
    ]
    states = [HostState(*row) for row in found]
    return min(states, key=lambda host: host.ready_at or 0.0, default=None)


# What it tells of a URL ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HostState:
    """A host, as its row tells."""

    id: int
    key: str
    next_at: Seconds
    ready_at: Seconds | None
    owner: int | None
    opens_at: Seconds
    gap: Seconds
    address: str | None
    backoff: Seconds
    failures: int
    failing_since: Seconds | None
    silent: int
    spent: int
    day: int
    rules_until: Seconds
    asked_until: Seconds
    crawl_delay: Seconds

    def gated(self, now: Seconds) -> bool:
        """Tell whether it is visited only for its robots.txt now."""
        return self.rules_until <= now < self.asked_until


@dataclass(frozen=True, slots=True)
class Entry:
    """A URL of a job, as the ledger has it; times are wall times."""

    id: int
    fingerprint: int
    job: str
    active: int
    obeys: int
    host: str
    host_id: int
    state: int
    due_at: Seconds
    url: str
    location: str | None
    path: str | None
    listed: int
    attempt: int
    failures: int
    kind: str | None
    status: int | None
    size: int | None
    digest: bytes | None
    finished_at: Seconds | None
    reason: str | None
    directives: str | None
    ended: str | None
    first_seen: int | None
    success_at: int | None
    changed_at: int | None


_HOST = ", ".join(f"host.{one.name}" for one in fields(HostState))
_OTHERS = {
    "job": "job.name", "active": "job.active", "obeys": "job.obeys", "host": "host.key",
    "host_id": "host.id",
}  # fmt: skip
_ENTRY = (
    f"SELECT {', '.join(_OTHERS.get(one.name, f'task.{one.name}') for one in fields(Entry))} "
    "FROM task JOIN job ON job.id = task.job JOIN host ON host.id = task.host WHERE "
)


def entries(db: Connection, url: str) -> list[Entry]:
    """Return what every job knows of a canonical URL."""
    names = db.execute("SELECT name FROM job WHERE id != ? ORDER BY id", (ROBOTS,)).fetchall()
    found = [
        db.execute(_ENTRY + "task.fingerprint = ?", (fingerprint(name, url),)).fetchone()
        for (name,) in names
    ]
    return [Entry(*row) for row in found if row]


def sources_of(db: Connection, entry: Entry) -> list[str]:
    """Return the names of the sources that list a URL."""
    needle = array("q", [entry.fingerprint])
    rows = db.execute(
        "SELECT DISTINCT source.name, fingerprints FROM source JOIN chunk ON source = source.id "
        "JOIN job ON job.id = source.job WHERE job.name = ? AND instr(fingerprints, ?)",
        (entry.job, needle.tobytes()),
    )
    return list(dict.fromkeys(name for name, blob in rows if needle[0] in _numbers(blob)))


def _numbers(blob: bytes) -> "array[int]":
    found = array("q")
    found.frombytes(blob)
    return found


def host_state(db: Connection, key: str) -> HostState | None:
    """Return a host by its key name:port."""
    row = db.execute(f"SELECT {_HOST} FROM host WHERE key = ?", (key,)).fetchone()
    return HostState(*row) if row else None


def holder_of_address(db: Connection, host: HostState) -> int | None:
    """Return the process that holds another host at a host's address, if one does."""
    row = db.execute(
        "SELECT owner FROM host WHERE address = ? AND owner IS NOT NULL AND id != ?",
        (host.address, host.id),
    ).fetchone()
    return row[0] if row else None


def before(db: Connection, entry: Entry) -> int:
    """Return how many URLs of the same job and host are due before one, as far as CAP."""
    select = (
        "SELECT 1 FROM task WHERE host = ? AND job = (SELECT id FROM job WHERE name = ?) "
        f"AND state = {WAITING} AND (due_at, id) < (?, ?)"
    )
    return _counted(db, select, entry.host_id, entry.job, entry.due_at, entry.id)


def waiting_of(db: Connection, host: int) -> int:
    """Return how many URLs of a host wait, as far as CAP."""
    return _counted(
        db,
        f"SELECT 1 FROM task WHERE host = ? AND state = {WAITING} AND job != {ROBOTS}",
        host,
    )


# What it tells of many URLs --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which URLs are meant; what is left out holds for all."""

    job: str | None = None
    host: str | None = None
    """name or name:port"""
    kinds: tuple[str, ...] = ()
    """Of the last visit that was an end."""
    states: tuple[str, ...] = ()
    since: Seconds | None = None
    """Wall time of the last visit, or of the end if there was none."""


def _where(db: Connection, wanted: Wanted) -> tuple[str, list[Any]]:
    """Return a condition on tasks.

    Raises:
        UsageError: it names what the ledger does not know.
    """
    terms = [f"task.job != {ROBOTS}"]
    parameters: list[Any] = []
    if wanted.job is not None:
        terms.append("task.job = ?")
        parameters.append(_job_number(db, wanted.job))
    if wanted.host is not None:
        hosts = _host_numbers(db, wanted.host.lower())
        terms.append(f"task.host IN ({', '.join('?' * len(hosts))})")
        parameters += hosts
    if wanted.kinds:
        terms.append(f"{_ENDED} IN ({', '.join('?' * len(wanted.kinds))})")
        parameters += wanted.kinds
    if wanted.states:
        numbers = [str(STATES.index(state)) for state in wanted.states]
        terms.append(f"task.state IN ({', '.join(numbers)})")
    if wanted.since is not None:
        terms.append(f"CASE WHEN task.state = {DEAD} THEN ifnull(task.finished_at, task.due_at) "
                     "ELSE task.finished_at END >= ?")  # fmt: skip
        parameters.append(wanted.since)
    return " AND ".join(terms), parameters


_ENDED = f"CASE WHEN task.state IN ({DONE}, {DEAD}) THEN ifnull(ended, kind) ELSE ended END"
"""What a URL is counted as: one that was given up with its process may say so in `kind` alone."""


def _job_number(db: Connection, name: str) -> int:
    rows = dict(db.execute("SELECT name, id FROM job WHERE id != ?", (ROBOTS,)).fetchall())
    if name not in rows:
        raise UsageError(f"no job {name} is known; there are {', '.join(sorted(rows)) or 'none'}")
    return int(rows[name])


def _host_numbers(db: Connection, name: str) -> list[int]:
    """Return the hosts of a name, on whatever port, or the one of name:port."""
    rows = db.execute(
        "SELECT id FROM host WHERE key = ? OR (key > ? AND key < ?) LIMIT 1000",
        (name, f"{name}:", f"{name};"),
    )
    found = [number for (number,) in rows]
    if not found:
        raise UsageError(f"no host {name} is known; hosts are example.org or example.org:8080")
    return found


def pages(db: Connection, wanted: Wanted) -> Iterator[list[Entry]]:
    """Yield URLs in the order in which they became known, a statement for every page of ids."""
    where, parameters = _where(db, wanted)
    for first, last in _spans(db):
        rows = db.execute(
            f"{_ENTRY}{where} AND task.id > ? AND task.id <= ? ORDER BY task.id",
            (*parameters, first, last),
        ).fetchall()
        yield [Entry(*row) for row in rows]


def _spans(db: Connection) -> Iterator[tuple[int, int]]:
    (end,) = db.execute("SELECT ifnull(max(id), 0) FROM task").fetchone()
    for first in range(0, end, PAGE):
        yield first, first + PAGE


# What it takes ---------------------------------------------------------------------------------


def retry(db: Connection, wanted: Wanted, now: Seconds, *, dry: bool = False) -> Counter[str]:
    """Make URLs due whose last visit was a bad end; return how many, by its kind.

    That is what was given up, and what a schedule would visit again later. They begin anew: with
    all their attempts, where they are listed. Jobs that the configuration no longer has are left.
    """
    where, parameters = _where(db, wanted)
    clause = (
        f"{where} AND task.job IN (SELECT id FROM job WHERE active) AND (task.state = {DEAD} "
        f"OR task.state = {WAITING} AND ended NOT IN {_WELL} AND due_at > ?)"
    )
    names = Names()
    return _in_slices(
        db,
        clause,
        (*parameters, now),
        None if dry else lambda rows: _begin_anew(db, names, rows, now, WAITING),
    )


_ROW = f"task.id, task.job, task.state, {_ENDED}, url, host, path, fingerprint"
Row = tuple[int, int, int, str | None, str, int, str | None, int]


def _in_slices(
    db: Connection,
    clause: str,
    parameters: Sequence[Any],
    act: Callable[[Sequence[Row]], None] | None,
) -> Counter[str]:
    """Find tasks page by page and act on them slice by slice; return how many, by kind."""
    total: Counter[str] = Counter()
    for first, last in _spans(db):
        found = db.execute(
            f"SELECT task.id FROM task WHERE {clause} AND task.id > ? AND task.id <= ?",
            (*parameters, first, last),
        ).fetchall()
        for at in range(0, len(found), SLICE):
            ids = ", ".join(str(row[0]) for row in found[at : at + SLICE])
            select = f"SELECT {_ROW} FROM task WHERE task.id IN ({ids}) AND {clause}"
            with _slice(db, write=act is not None):
                rows = db.execute(select, parameters).fetchall()
                if act:
                    act(rows)
            total.update(row[3] or "" for row in rows)
    return total


@contextmanager
def _slice(db: Connection, *, write: bool = True) -> Iterator[None]:
    """Make one transaction, then leave the file to others for as long as it took."""
    if not write:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    time.sleep(time.monotonic() - began)


def _begin_anew(
    db: Connection, names: Names, rows: Sequence[Row], now: Seconds, state: int
) -> None:
    """Have tasks wait, or be retired, as if they had never been visited; their history stays.

    Where a host was given up, the time that it has for an answer begins anew as well.
    """
    sums: Counter[tuple[int, str]] = Counter()
    updates, hosts = [], set()
    for number, job, before, ended, url, host, *_ in rows:
        home = names.host_id(db, host_of(url), job)
        updates.append((state, now, home, number))
        hosts |= {host, home}
        sums.subtract(_counted_as(job, before, ended))
        if state == RETIRED:
            sums[job, "retired"] += 1
    db.executemany(
        "UPDATE task SET state = ?, due_at = ?, host = ?, location = NULL, hops = 0, failures = 0, "
        "suspicion = 0, ended = NULL WHERE id = ?",
        updates,
    )
    tally(db, sums)
    db.executemany(
        "UPDATE host SET failing_since = ? WHERE id = ? AND silent AND owner IS NULL",
        [(now, host) for host in hosts],
    )
    rest(db, hosts, now)


def _counted_as(job: int, state: int, ended: str | None) -> list[tuple[int, str]]:
    """Return what a task is counted as in the sums, beside being known."""
    if state == RETIRED:
        return [(job, "retired")]
    again = [(job, "+")] if ended and state in {WAITING, LEASED} else []
    return [*again, (job, ended)] if ended else []


def forget(db: Connection, until: Seconds, *, dry: bool = False) -> int:
    """Forget URLs that no list of the configuration names, and that were last heard of by `until`.

    Those are the retired ones, and all of jobs that the configuration no longer has. Their files
    stay where they are; their names are free again.
    """
    old = "ifnull(finished_at, ifnull(first_seen, due_at)) <= ?"
    clause = (
        f"task.job != {ROBOTS} AND task.state != {LEASED} AND {old} AND "
        f"(task.state = {RETIRED} OR task.job IN (SELECT id FROM job WHERE NOT active))"
    )
    if dry:
        return _in_slices(db, clause, (until,), None).total()
    listed = _forget_listed(db, clause, until)
    return listed + _in_slices(db, clause, (until,), lambda rows: _delete(db, rows)).total()


def _forget_listed(db: Connection, clause: str, until: Seconds) -> int:
    """Forget what jobs list that are gone, chunk by chunk, and let the chunk no longer name it.

    So that if the job comes back, its lists say anew what was forgotten, and nothing else.
    """
    total = 0
    gone = db.execute(
        "SELECT chunk.id FROM chunk JOIN source ON source.id = source "
        "JOIN job ON job.id = source.job WHERE NOT active ORDER BY chunk.id"
    ).fetchall()
    for (chunk,) in gone:
        with _slice(db):
            row = db.execute(
                "SELECT fingerprints FROM chunk JOIN source ON source.id = source JOIN job "
                "ON job.id = source.job WHERE chunk.id = ? AND NOT active",
                (chunk,),
            ).fetchone()
            total += _forget_chunk(db, chunk, _numbers(row[0]), clause, until) if row else 0
    return total


def _forget_chunk(
    db: Connection, chunk: int, listed: "array[int]", clause: str, until: Seconds
) -> int:
    select = f"SELECT {_ROW} FROM task WHERE fingerprint = ? AND {clause}"
    found = [db.execute(select, (number, until)).fetchone() for number in set(listed)]
    rows = [row for row in found if row]
    _delete(db, rows)
    kept = array("q", [number for number in listed if _is_known(db, number)])
    if len(kept) == len(listed):
        return 0
    if kept:
        db.execute(
            "UPDATE chunk SET key = ~key, fingerprints = ? WHERE id = ?", (kept.tobytes(), chunk)
        )
    db.execute(
        "UPDATE source SET mark = '' WHERE id = (SELECT source FROM chunk WHERE id = ?)", (chunk,)
    )
    if not kept:
        db.execute("DELETE FROM chunk WHERE id = ?", (chunk,))
    return len(rows)


def _is_known(db: Connection, number: int) -> bool:
    return bool(db.execute("SELECT 1 FROM task WHERE fingerprint = ?", (number,)).fetchone())


def _delete(db: Connection, rows: Sequence[Row]) -> None:
    sums: Counter[tuple[int, str]] = Counter()
    for number, job, state, ended, _, _, path, print_ in rows:
        sums.subtract([(job, ""), *_counted_as(job, state, ended)])
        db.execute("DELETE FROM task WHERE id = ?", (number,))
        db.execute("DELETE FROM unlisted WHERE job = ? AND fingerprint = ?", (job, print_))
        if path:
            db.execute("DELETE FROM file WHERE key = ? AND task = ?", (path_key(path), number))
    tally(db, sums)
    rest(db, {row[5] for row in rows}, time.time())


def backup(state: Path, target: Path, *, force: bool = False) -> int:
    """Write a consistent copy, whole or not at all, and return its length.

    The daemon goes on meanwhile; the copy is of the moment at which it began.
    """
    if target.exists() and target.samefile(state):
        raise UsageError(f"{target} is the state file itself; name another file")
    if target.exists() and not force:
        raise UsageError(f"{target} is there already; --force overwrites it")
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        with opened(state) as db, closing(sqlite3.connect(part, isolation_level=None)) as copy:
            db.execute("BEGIN")  # the one moment, for all steps
            db.execute("SELECT 1 FROM job").fetchone()
            db.backup(copy, pages=4096)
            copy.execute("PRAGMA journal_mode = DELETE")
            _verify(copy, state)
        shutil.copymode(state, part)
        return _put(part, target)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def _verify(copy: Connection, state: Path) -> None:
    (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise StateError(f"{state} is damaged: {found}. No backup was made. {_REPAIR}")


def _put(part: Path, target: Path) -> int:
    """Give a file its name once it is surely on the disk."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return size


# The archive of `crawler fetch` ----------------------------------------------------------------


def begin_archive(db: Connection, now: Seconds) -> None:
    """Let a new run begin: nothing is listed yet, and what failed is retired until it is listed."""
    names = Names()
    with _slice(db):
        for table in ("chunk", "source", "unlisted"):
            db.execute(f"DELETE FROM {table}")
    failed = f"task.state = {RETIRED} AND ended NOT IN {_WELL}"
    clause = f"task.job != {ROBOTS} AND (task.state IN ({WAITING}, {DEAD}) OR {failed})"
    _in_slices(db, clause, (), lambda rows: _begin_anew(db, names, rows, now, RETIRED))
    _in_slices(db, f"task.job != {ROBOTS} AND listed != 0", (), lambda rows: _unlist(db, rows))


def _unlist(db: Connection, rows: Sequence[Row]) -> None:
    db.executemany("UPDATE task SET listed = 0 WHERE id = ?", [(row[0],) for row in rows])


def stored_by(db: Connection, until: Seconds) -> Iterator[list[Entry]]:
    """Yield what is listed now and was stored before this run."""
    for page in pages(db, Wanted(states=("done",))):
        yield [one for one in page if one.listed > 0 and (one.finished_at or 0.0) < until]
