"""Every version of a state file that was ever released opens today, whole, or is left as it was.

`state_vN.sql` is the dump of a file that the release of its day wrote; one is added with a version.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import gevent
import pytest

from crawler.errors import OlderLedgerError, StateError
from crawler.frontier.process import current
from crawler.frontier.sql.tables.ledger import VERSION
from crawler.frontier.sqlite.file.database import statements
from crawler.frontier.sqlite.file.migrations import MIGRATIONS
from crawler.frontier.sqlite.file.upgrade import Upgrade
from crawler.model import Kept, Kind, Outcome, Validators
from crawler.records import Done, JobTerms, Settlement
from tests.parts.desk import unfinished
from tests.parts.frontiers import Timed, reclaim

FOLDER = Path(__file__).parent
OLD = sorted(MIGRATIONS)
NOW = 1_750_000_100.0
KEPT = {
    "file": "key, task",
    "host": "id, key, next_at, owner",
    "job": "id, name, active, delay, per_host",
    "listing": "host, job",
    "process": "id, machine, pid, born, started_at, lease_until",
    "tally": "job, kind, n",
    "task": "id, fingerprint, job, host, due_at, url, location, path, attempt, failures, "
    "suspicion, hops, kind, status, size, digest, finished_at, reason, etag, last_modified, part, "
    "part_etag, part_modified, part_total",
}
"""What no migration from version 1 loses."""
RENAMED = {"listing": "host_job", "task": "entry"}
"""Where today is what was in these tables."""


@pytest.fixture(params=OLD)
def old(request, tmp_path):
    """A state file of an older version, and which."""
    file = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(file)) as db:
        db.executescript((FOLDER / f"state_v{request.param}.sql").read_text())
        db.execute("PRAGMA journal_mode = WAL")
        assert version_of(db) == request.param
    return file, request.param


def version_of(db):
    return db.execute("PRAGMA user_version").fetchone()[0]


def dump(file):
    """Everything that is in a file."""
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return version_of(db), list(db.iterdump())


def shape(file):
    """Tables with their columns in the order of names, indexes and triggers as they were made."""
    with closing(sqlite3.connect(file)) as db:
        tables = db.execute(
            "SELECT name, ncol, wr, strict FROM pragma_table_list WHERE schema = 'main' "
            "AND name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall()
        columns = {
            table: sorted(
                db.execute(
                    'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?)',
                    (table,),
                )
            )
            for table, *_ in tables
        }
        others = db.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type != 'table' "
            "ORDER BY type, name"
        ).fetchall()
        return version_of(db), tables, columns, others


def upgrade(file):
    """Do what a daemon does when it starts; return the copy that it made, if it made one."""
    with Upgrade(file) as upgrade:
        copy = upgrade.copy() if upgrade.needed() else None
        while upgrade.needed() and upgrade.step():
            pass
    return copy


def open_and_close(file):
    upgrade(file)
    with Timed(file, durable=False):
        pass


@pytest.fixture
def fresh(tmp_path):
    """The shape of a file that is made today."""
    file = tmp_path / "fresh.sqlite"
    open_and_close(file)
    return shape(file)


def test_every_version_has_a_script_to_the_next_and_a_file_to_try_it_on():
    assert list(range(1, VERSION)) == OLD
    assert [file.name for file in sorted(FOLDER.glob("state_v*.sql"))] == [
        f"state_v{version}.sql" for version in OLD
    ]


def test_an_older_file_becomes_what_a_new_one_is(old, fresh):
    file, _ = old
    open_and_close(file)
    assert shape(file) == fresh
    before = dump(file)
    open_and_close(file)
    assert dump(file) == before, "the second time there is nothing left to do"


def test_nothing_of_an_older_file_is_lost(old):
    file, _ = old

    def rows(table, columns):
        with closing(sqlite3.connect(file)) as db:
            names = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
            table = RENAMED[table] if RENAMED.get(table) in names else table
            return set(db.execute(f"SELECT {columns} FROM {table}"))  # noqa: S608  of this module

    before = {table: rows(table, columns) for table, columns in KEPT.items()}
    assert all(before.values()), "the file has rows in every table"
    open_and_close(file)
    for table, columns in KEPT.items():
        lost = before[table] - rows(table, columns)
        assert {row for row in lost if "retired" not in row} == set(), table


def test_the_work_goes_on_where_an_older_crawler_left_it(old):
    file, _ = old
    upgrade(file)
    with Timed(file, durable=False) as frontier:
        frontier.configure([JobTerms("flags", delay=0.5)], NOW)
        counts = frontier.sums().counts
        assert (counts.known, counts.leased, counts.waiting) == (8, 2, 3)
        assert counts.finished == {"not_found": 1, "stored": 1, "unchanged": 1}
        owner = frontier.join(current(), NOW).owner
        lost = reclaim(frontier, NOW, mine=owner)
        assert [item.task.url for item in lost] == [f"http://a.example/{n}.gif" for n in (4, 5)]
        lease = frontier.lease(owner, NOW + 60, new=9, refills={}, idle=[])
        assert {host.key for host in lease.hosts} == {"a.example:80", "e.example:80"}
        (a,) = [host.id for host in lease.hosts if host.key == "a.example:80"]
        lease_of_a = frontier.lease(owner, NOW + 60, new=0, refills={a: 9}, idle=[])
        hosts = (*lease.hosts, *lease_of_a.hosts)
        tasks = {task.url: task for host in hosts for task in host.tasks}
        assert sorted(tasks) == [f"http://a.example/{n}.gif" for n in (2, 3, 4, 5)]
        hop, broken = tasks["http://a.example/2.gif"], tasks["http://a.example/3.gif"]
        assert (hop.location, hop.hops) == ("http://e.example/2.gif", 1)
        assert broken.kept == Kept("flags/.3.gif.part", Validators('"p"'), 1000)
        assert (broken.attempt, broken.failures, broken.path) == (2, 1, "flags/3.gif")
        assert frontier.claim([(99, "flags/0.gif", "flags/0-99.gif")]) == ["flags/0-99.gif"]
        done = [Settlement(one, Outcome(Kind.STORED), Done(), NOW) for one in tasks.values()]
        frontier.settle(owner, done, [])
        assert frontier.sums().counts.finished == {"not_found": 1, "stored": 5, "unchanged": 1}


def test_a_job_that_an_older_crawler_retired_comes_back_with_the_configuration(old):
    file, _ = old
    upgrade(file)
    with Timed(file, durable=False) as frontier:
        frontier.configure([JobTerms("flags"), JobTerms("gone")], NOW)
        urls = {task.url for task in unfinished(frontier) if task.job == "gone"}
        assert urls == {"http://a.example/old", "http://d.example/older"}
        assert frontier.sums().counts.known == 10


def test_what_an_older_crawler_left_at_the_host_of_a_redirect_goes_home(old):
    file, _ = old
    with closing(sqlite3.connect(file)) as db, db:
        (away,) = db.execute("SELECT id FROM host WHERE key = 'e.example:80'").fetchone()
        (url,) = db.execute(
            "UPDATE task SET state = 0, host = ?, location = NULL, kind = 'stored', "
            "finished_at = 1, due_at = 1, hops = 0 WHERE kind = 'stored' RETURNING url",
            (away,),
        ).fetchone()
        if old[1] > 1:
            db.execute("UPDATE task SET ended = kind WHERE url = ?", (url,))
    upgrade(file)
    with closing(sqlite3.connect(file)) as db:
        host = "SELECT key FROM host JOIN task ON host.id = host WHERE url = ?"
        expected = "a.example:80" if 1 < old[1] < 5 else "e.example:80"
        assert db.execute(host, (url,)).fetchone() == (expected,)


def test_a_script_that_fails_goes_on_when_it_is_mended(old, fresh, monkeypatch):
    file, version = old
    before = dump(file)
    for broken in ("INSERT INTO nowhere VALUES (1);", "ALTER TABLE task ADD COLUMN url TEXT;"):
        with monkeypatch.context() as patched:
            patched.setitem(MIGRATIONS, version, f"{MIGRATIONS[version]}{broken}\n")
            with pytest.raises(StateError, match="cannot be used, for the reason in brackets"):
                upgrade(file)
    assert dump(file.with_name(f"state.sqlite.v{version}")) == before
    open_and_close(file)
    assert shape(file) == fresh


@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.9])
def test_a_kill_in_the_middle_costs_one_slice_and_the_copy_is_whole(old, fresh, part):
    file, version = old
    before, steps = dump(file), len(list(statements(MIGRATIONS[version])))
    script = f"""
import crawler, os, pathlib, signal
from crawler.frontier.sqlite.file import upgrade
from tests.parts.frontiers import reclaim
upgrade.TASKS_AT_ONCE = 2
left = [{int(part * steps)}]
whole = upgrade._made
def torn(*a, **k):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return whole(*a, **k)
upgrade._made = torn
with upgrade.Upgrade(pathlib.Path({str(file)!r})) as one:
    one.copy()
    while one.step():
        pass
"""
    ended = subprocess.run([sys.executable, "-c", script], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert dump(file.with_name(f"state.sqlite.v{version}")) == before
    with pytest.raises(OlderLedgerError), Timed(file, durable=False):
        pass
    open_and_close(file)
    assert shape(file) == fresh
    assert dump(file.with_name(f"state.sqlite.v{version}")) == before


def test_slices_of_any_size_come_to_the_same(old, tmp_path, monkeypatch):
    file, version = old
    other = tmp_path / "other.sqlite"
    shutil.copy(file, other)
    upgrade(file)
    monkeypatch.setattr("crawler.frontier.sqlite.file.upgrade.TASKS_AT_ONCE", 1)
    upgrade(other)
    without_id = [line for line in dump(file)[1] if 'INTO "ledger"' not in line]
    assert without_id == [line for line in dump(other)[1] if 'INTO "ledger"' not in line]
    assert version < VERSION


def test_a_file_is_not_migrated_by_opening_it(old):
    file, version = old
    before = dump(file)
    for how in ({}, {"readonly": True}):
        with (
            pytest.raises(OlderLedgerError, match=f"schema {version}, this one needs {VERSION}"),
            Timed(file, durable=False, **how),
        ):
            pass
    assert dump(file) == before


def test_a_file_is_not_migrated_while_an_older_process_lives(old):
    file, _ = old
    me = current()
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(
            "INSERT INTO process (machine, pid, born, started_at, lease_until) "
            "VALUES (?, ?, ?, 0, 0)",
            (me.machine, me.pid, me.born),
        )
    before = dump(file)
    with Upgrade(file) as one:
        assert one.living() == [me]
        assert one.step() is False
    assert dump(file) == before
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("DELETE FROM process WHERE pid = ?", (me.pid,))
    with Upgrade(file) as one:
        assert one.living() == []
    open_and_close(file)


def test_processes_that_start_at_the_same_time_do_it_once(old, fresh):
    file, _ = old
    processes = [gevent.spawn(open_and_close, file) for _ in range(4)]
    gevent.joinall(processes, timeout=30, raise_error=True)
    assert all(process.dead for process in processes)
    assert shape(file) == fresh


def test_a_file_of_a_version_to_come_is_refused_and_left_as_it_is(old):
    file, _ = old
    with closing(sqlite3.connect(file)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
        db.commit()
    before = dump(file)
    with pytest.raises(StateError, match=f"schema {VERSION + 1}, this one knows {VERSION}"):
        open_and_close(file)
    assert dump(file) == before


def test_what_a_host_was_owed_is_owed_after_a_migration(tmp_path):
    file, now = tmp_path / "state.sqlite", time.time()
    owed = {"a": (now + 3600, 0, 5.0), "b": (now + 3600, 7, 30.0), "c": (now + 4, 0, 5.0)}
    with closing(sqlite3.connect(file)) as db:
        db.executescript((FOLDER / "state_v3.sql").read_text())
        db.execute("DELETE FROM host")
        for number, (key, (next_at, failures, gap)) in enumerate(owed.items()):
            values = (number, key, next_at, failures, gap, "192.0.2.7")
            columns = "id, key, next_at, failures, gap, address"
            db.execute(f"INSERT INTO host ({columns}) VALUES (?, ?, ?, ?, ?, ?)", values)  # noqa: S608
        db.commit()
    open_and_close(file)
    with closing(sqlite3.connect(file)) as db:
        columns = "key, answered_at + gap, failed_until, put_off_until"
        rests = {key: times for key, *times in db.execute(f"SELECT {columns} FROM host")}  # noqa: S608
        addresses = db.execute("SELECT ip, owner, answered_at FROM address").fetchall()
    asked, failing, spaced = rests["a"], rests["b"], rests["c"]
    assert asked == [pytest.approx(now + 3600), 0, now + 3600], "it asked for it"
    assert failing == [pytest.approx(now + 3600), now + 3600, 0]
    assert spaced == [pytest.approx(now + 4), 0, 0], "a delay alone"
    assert addresses == [("192.0.2.7", None, now + 3595)]


@pytest.mark.parametrize("version", [2, 3])
def test_the_arguments_of_a_command_are_no_name_any_more(version, tmp_path):
    file = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(file)) as db, db:
        db.executescript((FOLDER / f"state_v{version}.sql").read_text())
        names = ("command:list --token=s3cret 'a b'", "command:plain", "url_file:/a b.txt")
        db.executemany(
            "INSERT INTO source (job, name) VALUES (?, ?)",
            [(number, name) for number, name in enumerate(names, 900)],
        )
    open_and_close(file)
    with closing(sqlite3.connect(file)) as db:
        found = {name for (name,) in db.execute("SELECT name FROM source WHERE job >= 900")}
    assert found == {"command:list", "command:plain", "url_file:/a b.txt"}
    assert b"s3cret" not in file.read_bytes()


def test_what_a_kill_left_of_a_copy_goes_with_a_later_start(old):
    file, version = old
    upgrade(file)
    left = [file.with_name(f"state.sqlite.v{version}.0a1b.part{end}") for end in ("", "-journal")]
    for part in left:
        part.write_bytes(b"half")
    upgrade(file)
    assert all(part.exists() for part in left), "another process may be copying now"
    for part in left:
        os.utime(part, (1, 1))
    upgrade(file)
    assert not any(part.exists() for part in left)
