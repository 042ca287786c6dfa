"""`crawler backup`: a copy of one moment, made while the daemon goes on."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.errors import StateError, UsageError
from crawler.frontier import open_ledger
from tests.parts.frontiers import NOW, Timed, seeds
from tests.parts.ledgers import ended, tallies, tear


def backup(file, target, *, force=False):
    with open_ledger(file) as desk:
        return desk.backup(target, force=force)


def test_a_backup_is_whole_and_a_ledger(file, frontier, tmp_path):
    ended(frontier, "a")
    target = tmp_path / "backup.sqlite"
    file.chmod(0o640)
    assert backup(file, target) == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o640
    assert tallies(target) == tallies(file)
    with Timed(target, durable=False) as restored:
        assert restored.sums().counts == frontier.sums().counts


def test_a_backup_is_of_one_moment_while_the_daemon_goes_on(file, frontier, tmp_path):
    frontier.add("job", seeds("a", each=20_000), NOW)
    state = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, isolation_level=None)
    copied = sqlite3.connect(tmp_path / "b", isolation_level=None)
    with closing(state) as db, closing(copied) as copy:
        db.execute("BEGIN")
        db.execute("SELECT 1 FROM job").fetchone()
        steps = []

        def write(*_):
            steps.append(frontier.add("job", seeds(f"x{len(steps)}"), NOW))

        db.backup(copy, pages=100, progress=write)
        assert sum(steps) == len(steps) > 3
        assert copy.execute("SELECT count(*) FROM task").fetchone() == (20_000,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_overwrites_nothing_unless_it_is_told_to(file, frontier, tmp_path):
    target = tmp_path / "backup"
    target.write_text("precious")
    with pytest.raises(UsageError, match="--force overwrites it"):
        backup(file, target)
    assert target.read_text() == "precious"
    backup(file, target, force=True)
    with open_ledger(target) as desk:
        assert desk.sums().jobs == []
    with pytest.raises(UsageError, match="the state file itself"):
        backup(file, file, force=True)


def test_the_frontier_of_a_daemon_makes_the_same_copy(file, frontier, tmp_path):
    ended(frontier, "a")
    assert frontier.backup(tmp_path / "one") == backup(file, tmp_path / "other")
    assert tallies(tmp_path / "one") == tallies(tmp_path / "other")


def test_a_damaged_ledger_leaves_no_backup(file, tmp_path):
    tear(file)
    with pytest.raises(StateError, match="is damaged"):
        backup(file, tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("backup")] == []


def test_a_backup_where_there_is_no_room_says_so(file, frontier):
    with pytest.raises(StateError, match="backup: it, or the folder that it is in, is not there"):
        backup(file, Path("/proc/backup"))
