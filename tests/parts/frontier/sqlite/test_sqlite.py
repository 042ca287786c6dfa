"""What is the SQLite engine's own: its file."""

import sqlite3
import time
from contextlib import closing

import gevent
import pytest

from crawler.errors import StateError
from crawler.frontier.sql.tables.ledger import VERSION
from crawler.records import Seed
from tests.parts.frontiers import NOW, Timed, seeds


def refusal(file):
    with pytest.raises(StateError) as refused, Timed(file, durable=False):
        pass
    assert str(file) in str(refused.value)
    assert refused.value.exit_code == 1
    return str(refused.value)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "state.sqlite"


def execute(file, *statements):
    with closing(sqlite3.connect(file)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_a_database_of_another_program_is_refused_and_left_as_it_is(file):
    execute(file, "CREATE TABLE bookmark (url TEXT)", "INSERT INTO bookmark VALUES ('x')")
    before = file.read_bytes()
    assert "another program; name another file as state" in refusal(file)
    assert file.read_bytes() == before


def test_a_database_of_another_program_is_free_at_once(file):
    execute(file, "CREATE TABLE bookmark (url TEXT)")
    refusal(file)
    with closing(sqlite3.connect(file, timeout=0)) as db:
        db.execute("INSERT INTO bookmark VALUES ('x')")


@pytest.mark.parametrize(
    "content", [b"\0\xff" * 5000, b"garbage", b"SQLite format 3\0" + b"x" * 5000]
)
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(file, content):
    file.write_bytes(content)
    assert "it is damaged: stop the daemon, move it with its -wal and -shm away" in refusal(file)
    assert file.read_bytes() == content


def test_a_folder_is_refused(file):
    file.mkdir()
    assert "it is a folder: name the file in it" in refusal(file)


def test_a_file_from_a_newer_crawler_is_refused(file):
    with Timed(file, durable=False) as frontier:
        frontier.add("job", seeds("a"), NOW)
    execute(file, "PRAGMA user_version = 99")
    told = f"newer crawler (schema 99, this one knows {VERSION}); install that version"
    assert told in refusal(file)


def test_an_empty_file_and_a_missing_folder_become_a_state_file(tmp_path):
    (tmp_path / "empty").touch()
    for file in (tmp_path / "empty", tmp_path / "deep" / "er" / "state"):
        with Timed(file, durable=True) as frontier:
            assert frontier.add("job", seeds("a"), NOW) == 1


@pytest.mark.parametrize(("durable", "synchronous"), [(True, 2), (False, 1)])
def test_durability_is_what_was_chosen_and_the_journal_is_written_ahead(file, durable, synchronous):
    with Timed(file, durable=durable) as frontier:
        read = lambda name: frontier._file.db.execute(f"PRAGMA {name}").fetchone()[0]  # noqa: E731
        assert frontier._file._native.call(read, "synchronous") == synchronous
        assert frontier._file._native.call(read, "journal_mode") == "wal"


def test_a_verb_that_fails_changes_nothing(file):
    unfit = Seed("no number", "http://e/", "e:80")  # refused by SQLite after others that it takes
    with Timed(file, durable=False) as frontier:
        frontier.add("job", seeds("a"), NOW)
        with pytest.raises(sqlite3.Error):
            frontier.add("new", [*seeds("b", "c", job="new"), unfit], NOW)
        assert (frontier.sums().counts.known, frontier.sums().counts.hosts) == (1, 1)
        assert frontier.add("new", seeds("b", job="new"), NOW) == 1


def test_a_reader_waits_for_no_writer(file):
    with Timed(file, durable=False) as frontier:
        frontier.add("job", seeds("a"), NOW)
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert frontier.sums().counts.known == 1


def test_a_writer_waits_for_another_and_no_longer_than_it_takes(file):
    with Timed(file, durable=False) as frontier:
        frontier.add("job", seeds("a"), NOW)
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        waits = gevent.spawn(frontier.add, "job", seeds("b"), NOW)
        waits.join(0.3)
        assert not waits.ready()
        other.execute("COMMIT")
        other.close()
        began = time.monotonic()
        assert waits.get(timeout=10) == 1
        assert time.monotonic() - began < 0.09  # SQLite's own next look would be in 0.1 s
