"""What only reads writes nothing, and only `run` migrates: when no older process is left."""

import contextlib
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from crawler.frontier import open_migration
from crawler.frontier.process import Process, _born, current
from tests import real
from tests.program import Daemon, at_once, crawler, ledger, until, write_config
from tests.servers import Site

VERSION = open_migration(Path("any")).version
OLD = Path(__file__).parents[1] / "parts/frontier/sqlite/file"
NOBODY = 65534
READERS = [
    ["check"],
    ["status"],
    ["status", "--json"],
    ["export"],
    ["reload", "--dry-run"],
    ["explain", "http://127.0.0.1/1"],
]


@pytest.fixture
def site():
    with Site(lambda path: path.encode()) as one:
        yield one


@pytest.fixture
def open_folder():
    """A folder into which everybody may look; pytest closes its own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def content(folder: Path) -> dict[str, str]:
    """Return every file with a digest of its content.

    The index of -wal (-shm) is mapped memory: a reader notes its place in it, and it holds nothing.
    """
    return {
        str(file.relative_to(folder)): (
            "" if file.name.endswith("-shm") else hashlib.sha256(file.read_bytes()).hexdigest()
        )
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def old_ledger(folder: Path, version: int) -> Path:
    file = folder / "state.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.executescript((OLD / f"state_v{version}.sql").read_text())
        db.execute("PRAGMA journal_mode = WAL")
    return file


def version_of(folder: Path) -> int:
    with ledger(folder) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


@pytest.mark.parametrize("version", range(1, VERSION))
def test_what_only_reads_does_not_migrate(tmp_path, version):
    config = write_config(tmp_path, [{"name": "flags", "urls": ["http://127.0.0.1/1"]}])
    old_ledger(tmp_path, version)
    for suffix in ("-wal", "-shm"):  # a reader finds them, or they come empty
        (tmp_path / f"state.sqlite{suffix}").touch()
    before = content(tmp_path)
    for verb in READERS:
        done = crawler(*verb, "-c", str(config), cwd=tmp_path)
        assert "Traceback" not in done.stderr
        if verb == ["check"]:
            assert done.returncode == 0
            assert "of an older crawler: `run` migrates it" in done.stdout
        else:
            assert done.returncode == 1
            assert "start the daemon once to migrate it" in done.stderr
        assert content(tmp_path) == before, verb


@pytest.mark.parametrize("version", range(1, VERSION))
def test_run_migrates_and_keeps_a_copy(site, tmp_path, version):
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
    old = old_ledger(tmp_path, version)
    with Daemon(config) as daemon:
        daemon.wait_for("visit", job="j")
        copy = Path(daemon.told("ledger.migrating")[0]["copy"])
        assert daemon.told("ledger.migrated")[0]["schema"] == VERSION
        assert daemon.stop() == 0
    assert copy == old.with_name(f"state.sqlite.v{version}")
    with contextlib.closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (version,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert version_of(tmp_path) == VERSION
    with Daemon(config) as daemon:
        daemon.wait_for("daemon.ready")
        assert not daemon.told("ledger.migrating")
        assert daemon.stop() == 0


@contextlib.contextmanager
def older_process(folder: Path):
    """A living process whose row is in the ledger, as that of an older daemon would be."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        try:
            which = Process(current().machine, child.pid, _born(child.pid) or "")
            with ledger(folder) as db, db:
                db.execute(
                    "INSERT INTO process (machine, pid, born, started_at, lease_until) "
                    "VALUES (?, ?, ?, 0, 0)",
                    (which.machine, which.pid, which.born),
                )
            yield child
        finally:
            child.kill()


def test_run_waits_for_older_processes_and_hears_a_stop_meanwhile(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
    old_ledger(tmp_path, 3)
    with older_process(tmp_path) as older:
        with Daemon(config) as daemon:
            waiting = daemon.wait_for("ledger.waiting")
            assert (waiting["schema"], waiting["wanted"]) == (3, VERSION)
            assert waiting["pids"] == [older.pid]
            for verb in ("status", "stop"):
                told = crawler(verb, "-c", str(config), cwd=tmp_path)
                assert told.returncode == 1
                assert f"still work on it: {older.pid}. " in told.stderr
                assert "`crawler run` waits until they have ended" in told.stderr
            assert daemon.stop() == 0
        assert version_of(tmp_path) == 3
        assert not list(tmp_path.glob("state.sqlite.v*"))
        with Daemon(config) as daemon:
            daemon.wait_for("ledger.waiting")
            older.kill()
            older.wait()
            daemon.wait_for("visit", job="j")
            assert len(daemon.told("ledger.waiting")) == 1
            assert daemon.stop() == 0
    assert version_of(tmp_path) == VERSION


def test_a_process_that_meets_a_newer_schema_drains_and_ends_with_1(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
    with Daemon(config) as daemon:
        daemon.wait_for("visit")
        with ledger(tmp_path) as db:
            db.execute(f"PRAGMA user_version = {VERSION + 1}")
        assert daemon.wait() == 1
        assert daemon.told("daemon.draining")
        assert "a newer crawler has migrated" in daemon.told("daemon.failed")[0]["cause"]
        assert "Traceback" not in daemon.errors
    with ledger(tmp_path) as db:
        assert db.execute("SELECT count(*) FROM process").fetchone() == (0,)


@contextlib.contextmanager
def nobody():
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.mark.parametrize("daemon_is", ["up", "down", "killed", "restored"])
def test_a_user_who_may_only_read_sees_everything_and_leaves_nothing(site, open_folder, daemon_is):
    real.needs_root("become another user")
    tmp_path = open_folder
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
    url = f"{site.url}/1"
    with Daemon(config) as daemon:
        daemon.wait_for("visit")
        if daemon_is == "killed":
            daemon.signal(signal.SIGKILL)
            daemon.wait()
        elif daemon_is != "up":
            assert daemon.stop() == 0
        if daemon_is == "restored":
            copy = tmp_path / "copy"
            assert crawler("backup", "--state", "state.sqlite", str(copy), cwd=tmp_path)
            for file in tmp_path.glob("state.sqlite*"):
                file.unlink()
            shutil.move(copy, tmp_path / "state.sqlite")
        for one in tmp_path.rglob("*"):
            one.chmod(one.stat().st_mode | (0o055 if one.is_dir() else 0o044))
        before = sorted(content(tmp_path))
        for verb in [*READERS[:-1], ["explain", url]]:
            at_once(*verb, "-c", str(config), cwd=tmp_path)  # nobody may import nothing
            with nobody():
                done = at_once(*verb, "-c", str(config), cwd=tmp_path)
            assert done.returncode == 0, (verb, done.stderr)
        assert sorted(content(tmp_path)) == before
        if daemon_is == "up":
            until(lambda: daemon.process.poll() is None, "it ended", daemon)
            assert daemon.stop() == 0
