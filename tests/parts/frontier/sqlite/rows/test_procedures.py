"""Statements that run as one."""

import sqlite3
from contextlib import closing

import pytest

from crawler.errors import LeaseLostError
from crawler.frontier.sqlite.rows.procedures import FENCE, Procedure


@pytest.fixture
def db():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute("CREATE TABLE process (id INTEGER PRIMARY KEY)")
        db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
        yield db


def test_a_procedure_runs_its_statements_in_order_with_its_parameters(db):
    one = Procedure("one", "a b", "INSERT INTO t VALUES (:a, :b)", "UPDATE t SET b = b || :b")
    one.create(db)
    one.call(db, a=1, b="x")
    one.run(db, {"a": 2, "b": "y", "another": 3})
    assert db.execute("SELECT * FROM t").fetchall() == [(1, "xxy"), (2, "yy")]


def test_a_procedure_does_all_or_nothing(db):
    one = Procedure("one", "a", "INSERT INTO t VALUES (:a, 0)", "INSERT INTO t VALUES (7, 0)")
    one.create(db)
    one.call(db, a=1)
    with pytest.raises(sqlite3.IntegrityError):
        one.call(db, a=2)
    assert db.execute("SELECT a FROM t").fetchall() == [(1,), (7,)]


def test_a_fence_lets_nothing_be_done_for_a_process_that_was_taken_for_dead(db):
    one = Procedure("one", "owner", FENCE, "INSERT INTO t VALUES (:owner, 0)")
    one.create(db)
    db.execute("INSERT INTO process VALUES (5)")
    one.call(db, owner=5)
    with pytest.raises(LeaseLostError):
        one.call(db, owner=6)
    assert db.execute("SELECT a FROM t").fetchall() == [(5,)]
