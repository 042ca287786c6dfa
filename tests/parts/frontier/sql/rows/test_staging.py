"""Rows of verbs in temporary tables: made fast, whatever their values are."""

import sqlite3
import time
from contextlib import closing

import pytest

from crawler.frontier.sql.rows import staging
from crawler.frontier.sqlite.file import temporary
from crawler.frontier.sqlite.file.procedures import Connection

ROWS, TURNS = 64, 40


@pytest.fixture
def db():
    with closing(sqlite3.connect(":memory:", isolation_level=None, factory=Connection)) as db:
        temporary.set_up(db)
        yield db


def seconds(db, value):
    """Return the least time in which rows of this value are made."""
    rows = [(number, *[value] * len(staging.OWED), 0) for number in range(ROWS)]
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        staging.fill(db, owed=rows)
        times.append(time.perf_counter() - began)
    return min(times)


def test_values_come_back_as_they_were(db):
    staging.fill(db, refitted=[(1, None, True), (2, b"\0", 0.5)])
    assert db.execute("SELECT * FROM temp.refitted").fetchall() == [(1, None, 1), (2, b"\0", 0.5)]


@pytest.mark.parametrize("value", [None, True])
def test_a_row_of_empty_values_or_marks_takes_no_four_times_as_long_as_one_of_numbers(db, value):
    assert seconds(db, value) < 4 * seconds(db, 1)
