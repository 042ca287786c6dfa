"""A state file that goes away under an open frontier is noticed, and nothing is written after."""

import os
import shutil

import pytest

from crawler.errors import LedgerLostError
from crawler.frontier import Pulse
from crawler.frontier.process import current
from tests.parts.frontiers import NOW, Timed, join, seeds


def beside(file, suffix):
    return file.with_name(file.name + suffix)


def test_a_file_that_stays_is_the_one_that_was_opened_however_it_grows(frontier):
    owner = join(frontier)
    for round_ in range(3):
        frontier.beat(owner, Pulse("running"), NOW)
        frontier.add("job", seeds(*(f"{round_}-{n}.example" for n in range(500)), each=4), NOW)
    frontier.beat(owner, Pulse("running"), NOW)


def test_a_file_that_another_process_made_shorter_is_still_whole(frontier, file):
    from tests.parts.ledgers import execute

    owner = join(frontier)
    frontier.add("job", seeds(*(f"{n}.example" for n in range(2000)), each=4), NOW)
    execute(file, "PRAGMA wal_checkpoint(TRUNCATE)")
    frontier.beat(owner, Pulse("running"), NOW)
    size = file.stat().st_size
    execute(file, "DELETE FROM task")
    execute(file, "VACUUM")
    execute(file, "PRAGMA wal_checkpoint(TRUNCATE)")
    assert file.stat().st_size < size
    frontier.beat(owner, Pulse("running"), NOW)


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_a_file_that_was_deleted_is_noticed_by_the_next_heartbeat(frontier, file, suffix):
    owner = join(frontier)
    frontier.beat(owner, Pulse("running"), NOW)
    beside(file, suffix).unlink()
    with pytest.raises(LedgerLostError, match=f"{file.name}{suffix} was deleted"):
        frontier.beat(owner, Pulse("running"), NOW)
    with pytest.raises(LedgerLostError):
        frontier.leave(owner, [], NOW)


def test_a_file_that_was_replaced_is_noticed_and_the_new_one_left_alone(open_one, file):
    frontier = open_one()
    owner = join(frontier)
    shutil.copy(file, beside(file, ".copy"))
    beside(file, ".copy").replace(file)
    with pytest.raises(LedgerLostError, match="was replaced"):
        frontier.beat(owner, Pulse("running"), NOW)


def test_the_end_of_a_process_removes_no_file_of_the_ledger_that_took_the_place(tmp_path):
    file = tmp_path / "state.sqlite"
    with Timed(file, durable=False) as lost:
        owner = join(lost)
        for suffix in ("", "-wal", "-shm"):
            beside(file, suffix).unlink()
        with Timed(file, durable=False) as other:
            other.add("job", seeds("a.example"), NOW)
            with pytest.raises(LedgerLostError):
                lost.beat(owner, Pulse("running"), NOW)
            before = beside(file, "-wal").stat().st_ino
            lost.__exit__()
            assert beside(file, "-wal").stat().st_ino == before
            assert other.sums().counts.known == 1
            lost.__enter__()


@pytest.mark.parametrize("size", [0, 5000])
def test_a_file_that_was_truncated_is_noticed(frontier, file, size):
    owner = join(frontier)
    frontier.add("job", seeds("a.example"), NOW)
    frontier.beat(owner, Pulse("running"), NOW)
    os.truncate(file, size)
    with pytest.raises(LedgerLostError, match="was truncated"):
        frontier.beat(owner, Pulse("running"), NOW)


def test_a_ledger_has_an_id_of_its_own_and_keeps_it(open_one, tmp_path):
    first, again = open_one(), open_one()
    uid = first.join(current(), NOW).uid
    assert len(uid) == 32
    assert again.join(current(), NOW, known="another").uid == uid
    with Timed(tmp_path / "other.sqlite", durable=False) as other:
        assert other.join(current(), NOW).uid != uid


def test_a_clean_end_leaves_what_a_reader_needs_and_all_in_the_file_itself(tmp_path):
    file = tmp_path / "state.sqlite"
    with Timed(file, durable=False) as frontier:
        frontier.add("job", seeds("a.example"), NOW)
    assert beside(file, "-shm").exists()
    assert beside(file, "-wal").stat().st_size == 0
    alone = tmp_path / "alone.sqlite"
    shutil.copy(file, alone)
    with Timed(alone, durable=False) as copy:
        assert copy.sums().counts.known == 1
