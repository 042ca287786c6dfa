"""`crawler backup` of a ledger on a server: a state file of one moment, while daemons go on."""

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from crawler.errors import LocalFaultError, StateError, UsageError
from crawler.frontier import open_frontier, open_ledger
from crawler.frontier.copying import copier
from crawler.frontier.moves import move
from crawler.frontier.postgres import backup as backups
from crawler.frontier.postgres import opening
from crawler.frontier.process import Process
from crawler.state_address import state_address
from tests.parts.copies import dump, filled
from tests.parts.frontiers import NOW, Timed, join, reclaim, seeds, take
from tests.parts.ledgers import ended, tables, tallies


@pytest.fixture
def server(database):
    return state_address(database)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "backup.sqlite"


def backup(server, target, **options):
    with open_ledger(server) as desk:
        return desk.backup(target, **options)


def test_a_backup_is_a_state_file_with_every_row(server, target, tmp_path):
    whole = filled(tmp_path / "state.sqlite")
    move(tmp_path / "state.sqlite", server)
    assert backup(server, target) == target.stat().st_size
    assert dump(target) == dump(server) == whole
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if "backup" in path.name) == [
        target.name
    ]
    with closing(sqlite3.connect(target)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_backup_has_the_leases_of_its_moment_and_they_are_taken_back(server, target):
    with Timed(server, durable=False) as frontier:
        frontier.add("job", seeds("a.example:80", each=3), NOW)
        owner = join(frontier, process=Process("another machine", 1, "1"))
        (held,) = take(frontier, owner).values()
        backup(server, target)
        frontier.leave(owner, [], NOW)
    with Timed(target, durable=False) as restored:
        assert restored.sums().owned == 1
        reclaimed = reclaim(restored, NOW + 1000)
        assert {one.task.id for one in reclaimed} == {task.id for task in held.tasks}


def test_a_backup_is_of_one_moment_while_daemons_go_on(server, target, monkeypatch):
    monkeypatch.setattr(copier, "MAX_ROWS", 200)
    with Timed(server, durable=False) as frontier:
        ended(frontier, "a.example:80")
        frontier.add("job", seeds("b.example:80", each=1000), NOW)
        before, steps = tallies(server), []
        with writing(monkeypatch, lambda: steps.append(add_one(frontier, len(steps)))):
            backup(server, target)
        assert len(steps) > 10
        assert tallies(server) != before
        assert tallies(target) == before


def add_one(frontier, nth):
    return frontier.add("job", seeds(f"x{nth}.example:80"), NOW)


@contextmanager
def writing(monkeypatch, write):
    """Have others write between any two pages of a backup."""
    put = backups._Aside.put

    def then(self, *given):
        put(self, *given)
        write()

    with monkeypatch.context() as patch:
        patch.setattr(backups._Aside, "put", then)
        yield


def test_a_backup_outlasts_the_pauses_of_a_slow_disk(server, target, monkeypatch, database):
    with Timed(server, durable=False) as frontier:
        ended(frontier, "a.example:80")
    monkeypatch.setitem(opening.SESSION, "idle_in_transaction_session_timeout", "1s")
    pauses = ["SELECT pg_sleep(1.5)"]
    with (
        psycopg.connect(database, autocommit=True) as clock,
        writing(monkeypatch, lambda: pauses and clock.execute(pauses.pop())),
    ):
        backup(server, target)
    assert not pauses
    assert tallies(target) == tallies(server)


def test_a_backup_overwrites_nothing_unless_it_is_told_to(server, target):
    with open_frontier(server, durable=False) as frontier:
        target.write_text("precious")
        with pytest.raises(UsageError, match="--force overwrites it"):
            frontier.backup(target)
        assert target.read_text() == "precious"
        frontier.backup(target, force=True)
    with open_ledger(target) as desk:
        assert desk.sums().jobs == []


def test_a_backup_that_breaks_off_leaves_nothing(server, target, tmp_path, monkeypatch, database):
    with Timed(server, durable=False) as frontier:
        ended(frontier, "a.example:80")
    with psycopg.connect(database, autocommit=True) as operator:

        def cut():
            operator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'crawlerd' AND datname = current_database()"
            )

        with (
            writing(monkeypatch, cut),
            open_ledger(server) as desk,
            pytest.raises(LocalFaultError, match="cannot be reached"),
        ):
            desk.backup(target)
    assert not [path.name for path in tmp_path.iterdir() if "backup" in path.name]


def test_a_backup_where_there_is_no_room_says_so(server):
    with (
        open_frontier(server, durable=False) as frontier,
        pytest.raises(StateError, match="backup: it, or the folder that it is in, is not there"),
    ):
        frontier.backup(Path("/proc/backup"))


def test_a_backup_of_a_server_goes_back_to_one(server, target, database):
    with Timed(server, durable=False) as frontier:
        ended(frontier, "a.example:80")
    backup(server, target)
    other = state_address(f"{database}&options=-csearch_path%3Dother")
    move(target, other)
    assert tallies(other) == tallies(server)
    with tables(other) as db:
        assert db.server.execute("SELECT count(*) FROM process").fetchone() == (0,)
