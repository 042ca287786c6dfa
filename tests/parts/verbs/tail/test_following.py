"""A log is followed over everything that may become of its file; no whole line is lost."""

import os

import pytest

from crawler.verbs.tail.following import BEGIN_BYTES, Followed
from crawler.verbs.tail.lines import MAX_BYTES


def line(number):
    return f'{{"event": "visit", "timestamp": "2026-11-28T00:00:{number:02}Z", "n": {number}}}\n'


def append(path, *numbers):
    with path.open("a") as file:
        file.write("".join(map(line, numbers)))


def numbers(lines):
    return [one.record["n"] if one.record else one.text for one in lines]


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "crawler.log"
    append(path, 1, 2)
    return path


@pytest.fixture
def followed(log):
    followed = Followed(log)
    assert numbers(followed.begin()) == [1, 2]
    yield followed
    [*followed._end()]


def test_lines_come_as_they_are_written_and_only_whole_ones(log, followed):
    append(log, 3)
    assert numbers(followed.look()) == [3]
    assert not followed.look()
    with log.open("a") as file:
        file.write(line(4)[:9])
    assert not followed.look()
    with log.open("a") as file:
        file.write(line(4)[9:])
    assert numbers(followed.look()) == [4]


def test_a_rotation_loses_nothing_of_the_old_file_nor_of_the_new_one(log, followed):
    append(log, 3)
    with log.open("a") as file:
        file.write("torn")
    log.rename(log.with_name("crawler.log.1"))
    append(log, 4)
    assert numbers([*followed.look(), *followed.look()]) == [3, "torn", 4]


def test_between_the_two_files_of_a_rotation_there_is_none(log, followed):
    log.rename(log.with_name("crawler.log.1"))
    assert not followed.look()
    append(log, 3)
    assert numbers(followed.look()) == [3]


def test_a_file_that_is_cut_begins_anew(log, followed):
    os.truncate(log, 0)
    append(log, 3)
    assert numbers(followed.look()) == [3]


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path):
    followed = Followed(tmp_path / "late.log")
    assert not followed.begin()
    assert not followed.look()
    append(tmp_path / "late.log", 1)
    assert numbers(followed.look()) == [1]
    [*followed._end()]


def test_of_a_long_log_only_its_end_is_looked_through(log):
    with log.open("a") as file:
        file.write(("x" * 99 + "\n") * (BEGIN_BYTES // 100))
    append(log, 3)
    followed = Followed(log)
    found = numbers(followed.begin())
    [*followed._end()]
    assert found[-1] == 3
    assert not {1, 2} & {*found}


def test_a_line_without_an_end_takes_no_more_memory_than_a_long_one(log, followed):
    with log.open("a") as file:
        file.write("x" * (3 * MAX_BYTES))
    assert [len(one.text) for one in followed.look()] == [MAX_BYTES, MAX_BYTES]


def test_a_name_that_cannot_be_read_for_a_while_is_waited_for(log, followed):
    log.rename(log.with_name("crawler.log.1"))
    log.mkdir()
    assert not [*followed.look(), *followed.look()]
    log.rmdir()
    log.symlink_to(log)
    assert not followed.look()
    log.unlink()
    append(log, 3)
    assert numbers([*followed.look(), *followed.look()]) == [3]
