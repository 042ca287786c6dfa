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


def seconds(db, *values):
    """Return the least CPU time in which rows of each value are made, measured in turn."""
    times = {value: [] for value in values}
    for _ in range(TURNS):
        for value, spent in times.items():
            rows = [(number, *[value] * len(staging.OWED), 0) for number in range(ROWS)]
            began = time.thread_time()
            staging.fill(db, owed=rows)
            spent.append(time.thread_time() - began)
    return [min(spent) for spent in times.values()]


def test_values_come_back_as_they_were(db):
    staging.fill(db, refitted=[(1, None, True), (2, b"\0", 0.5)])
    assert db.execute("SELECT * FROM temp.refitted").fetchall() == [(1, None, 1), (2, b"\0", 0.5)]


@pytest.mark.parametrize("number", [0, 1, 15, 16, 17, 32, 49])
def test_all_rows_are_made_however_many_they_are(db, number):
    rows = [(nth, float(nth), None) for nth in range(number)]
    staging.fill(db, refitted=[(1, 2.0, 3.0)])
    staging.fill(db, refitted=rows)
    assert db.execute("SELECT * FROM temp.refitted").fetchall() == rows
    db.number({"seed": (("fingerprint", "times"), [row[:2] for row in rows])})
    assert db.execute("SELECT nth, fingerprint, times FROM temp.seed").fetchall() == [
        (nth, nth, float(nth)) for nth in range(number)
    ]


@pytest.mark.parametrize("value", [None, True])
def test_a_row_of_empty_values_or_marks_takes_no_four_times_as_long_as_one_of_numbers(db, value):
    odd, number = seconds(db, value, 2)  # True is 1 to a dict
    assert odd < 4 * number
