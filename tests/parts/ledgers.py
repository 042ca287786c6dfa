"""What the tests of the ledger share: visits that end as told, lists, SQL by hand."""

import sqlite3
from collections import Counter
from contextlib import closing
from itertools import chain

from crawler.frontier import (
    BEFORE_ALL,
    Chunks,
    Due,
    ReadChunk,
    Refit,
    Retire,
    SourceState,
    pages,
)
from crawler.frontier.process import current
from crawler.model import Kind
from crawler.records import Dead, Done, HostRecord, JobTerms
from crawler.seeder.reading import SyncTools
from crawler.seeder.rescheduling import Rescheduler
from crawler.state_address import StateServer
from tests import FULL
from tests.parts.frontiers import NOW, Timed, done, end_pass, join, put, seed, seeds, settled, take
from tests.program import tables

DAY = 86_400.0


def execute(ledger, sql, *values):
    with tables(ledger) as db:
        cursor = db.execute(sql, values)
        changed = isinstance(ledger, StateServer) and not sql.lstrip().startswith("SELECT")
        return [] if changed else cursor.fetchall()


def tallies(file):
    """The sums as kept, and as counted anew from the tasks."""
    kept = Counter({(job, kind): n for job, kind, n in execute(file, "SELECT * FROM tally")})
    real = Counter()
    for job, state, ended, n in execute(
        file, "SELECT job, state, ended, count(*) FROM task WHERE job != 0 GROUP BY 1, 2, 3"
    ):
        real[job, ""] += n
        if state == 4:
            real[job, "retired"] += n
        elif ended:
            real[job, ended] += n
            real[job, "+"] += n * (state in {0, 1})
    return +kept, +real


def assert_sums(file):
    kept, real = tallies(file)
    assert kept == real


def end(frontier, owner, kinds, *, at=NOW, again=None):
    """Visit everything that is due; the URL's last letters say how it ends."""
    while hosts := take(frontier, owner, at):
        tasks = [task for host in hosts.values() for task in host.tasks]
        if not tasks:
            return
        settlements = []
        for task in tasks:
            kind = next(kind for name, kind in kinds.items() if task.url.endswith(name))
            well = kind is Kind.STORED
            verdict = Done(again) if well else Dead(f"it was {kind}", again)
            more = {"path": task.url[7:], "digest": "ab" * 32, "size": 5} if well else {}
            settlements.append(settled(task, kind, verdict, at, reason=kind.value, **more))
        frontier.settle(owner, settlements, [])
        frontier.lease(
            owner, at, new=0, refills={},
            idle=[HostRecord(host.id, 0.0) for host in hosts.values()],
        )  # fmt: skip


def fit(frontier, owner, at, now=NOW, **schedules):
    """Compute due times anew, to `at` for each that has ended, in one walk; count its slices."""
    due, after, slices = (), BEFORE_ALL, 0
    while after is not None:
        tidied = frontier.tidy(owner, Refit(schedules, due=due), now, after)
        due, after = [Due(task.id, task.due_at, at) for task in tidied.found], tidied.after
        slices += 1
    return slices


def sync_tools(frontier, native, log):
    """What the syncs of a process of its own work with."""
    owner = join(frontier)
    fits = Rescheduler(frontier, owner, native, lambda: None)
    return SyncTools(frontier, owner, native, log, lambda: None, fits)


def slices_read(frontier, act):
    """Count the slices of all tasks that a frontier reads while something is done."""
    seen = []
    within, db = frontier._file._native.call, frontier._file.db
    within(db.set_trace_callback, seen.append)
    act()
    within(db.set_trace_callback, None)
    return sum("ORDER BY id LIMIT" in statement for statement in seen)


KINDS = {"/0": Kind.STORED, "/1": Kind.TIMEOUT, "/2": Kind.DNS, "/3": Kind.NOT_FOUND}


def ended(frontier, *hosts, again=None):
    """A job of four URLs a host, each ended in its own way."""
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds(*hosts, each=4), NOW)
    owner = join(frontier)
    fit(frontier, owner, None, job="daily" if again else "")
    end(frontier, owner, KINDS, again=again)
    frontier.leave(owner, [], NOW)


def listed(frontier, *names, job="job", now=NOW):
    """A list of these URLs, read to its end."""
    found = [seed(f"http://{name}", job) for name in names]
    return read_to_end(frontier, [ReadChunk(1, len(names), found)], job, now=now)


def read_to_end(frontier, chunks, job="job", name="list", *, now=NOW):
    """A pass of a list that has these chunks and no other, applied by a process of its own."""
    owner = frontier.join(current(), now).owner
    one = frontier.begin_pass(owner, job, name)
    known = dict(chain.from_iterable(pages(frontier, Chunks(one.source))))
    gone = known.keys() - {chunk.anchor for chunk in chunks}
    synced = put(frontier, one, chunks, now)
    state = SourceState(one.source, "read", sum(len(chunk.seeds) for chunk in chunks), 0)
    end_pass(frontier, one, state, now, sorted(gone))
    done(frontier, owner, Retire(job), now)
    frontier.leave(owner, [], now)
    return synced


def tear(file):
    """Overwrite the page with which the table of the tasks begins."""
    with Timed(file, durable=False) as frontier:
        frontier.add("job", seeds(*(f"h{n}" for n in range(50)), each=100), NOW)
    execute(file, "PRAGMA wal_checkpoint(TRUNCATE)")
    (root,) = execute(file, "SELECT rootpage FROM sqlite_schema WHERE name = 'task'")[0]
    with file.open("r+b") as stream:
        stream.seek((root - 1) * 4096)
        stream.write(b"\xee" * 4096)


def write_many(file):
    """Write a ledger of many URLs, which differ in everything that is counted; return how many."""
    urls, hosts = (2_000_000, 1_000_000) if FULL else (60_000, 6_000)
    with Timed(file, durable=False) as frontier:
        frontier.configure([JobTerms("one"), JobTerms("two")], NOW)
        frontier.join(current(), NOW)
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO host (id, key, ready_at, next_at, asked_until) VALUES (?, ?, ?, 0, ?)",
            ((n, f"h{n}.example:80", NOW + n % 999 - 500, NOW + n % 77) for n in range(1, hosts)),
        )
        db.executemany(
            "INSERT INTO task (id, fingerprint, job, host, state, due_at, url, ended) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (_task(n, hosts) for n in range(1, urls + 1)),
        )
        db.execute(
            "INSERT INTO visited (task, kind) SELECT id, ended FROM task WHERE ended IS NOT NULL"
        )
        db.execute(
            "INSERT INTO tally SELECT job, '', count(*) FROM task GROUP BY job UNION ALL "
            "SELECT job, ended, count(*) FROM task WHERE ended IS NOT NULL GROUP BY 1, 2"
        )
        db.execute("COMMIT")
    return urls


def _task(n, hosts):
    url = f"http://h{1 + n % (hosts - 1)}.example/{n}"
    kind = (None, "stored", "timeout", "not_found")[n % 4]
    state = (0, 2, 3, 3)[n % 4]
    return n, n * 7919, 1 + n % 2, 1 + n % (hosts - 1), state, NOW, url, kind
