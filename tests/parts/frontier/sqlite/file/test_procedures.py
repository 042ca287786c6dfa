"""Statements that run as one."""

import sqlite3
from contextlib import closing

import pytest

from crawler.errors import LeaseLostError
from crawler.frontier.sql.procedures import Procedure
from crawler.frontier.sqlite.file.procedures import Connection


@pytest.fixture
def db():
    with closing(sqlite3.connect(":memory:", isolation_level=None, factory=Connection)) as db:
        db.execute("CREATE TABLE process (id INTEGER PRIMARY KEY)")
        db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
        yield db


def test_a_procedure_runs_its_statements_in_order_with_its_parameters(db):
    one = Procedure("one", "a b", "INSERT INTO t VALUES (:a, :b)", "UPDATE t SET b = b || :b")
    db.make(one)
    db.run(one, {"a": 1, "b": "x"})
    db.run(one, {"a": 2, "b": "y", "another": 3})
    assert db.execute("SELECT * FROM t").fetchall() == [(1, "xxy"), (2, "yy")]


def test_a_procedure_does_all_or_nothing(db):
    one = Procedure("one", "a", "INSERT INTO t VALUES (:a, 0)", "INSERT INTO t VALUES (7, 0)")
    db.make(one)
    db.run(one, {"a": 1})
    with pytest.raises(sqlite3.IntegrityError):
        db.run(one, {"a": 2})
    assert db.execute("SELECT a FROM t").fetchall() == [(1,), (7,)]


def test_a_fence_lets_nothing_be_done_for_a_process_that_was_taken_for_dead(db):
    one = Procedure("one", "owner", "INSERT INTO t VALUES (:owner, 0)", fenced=True)
    db.make(one)
    db.execute("INSERT INTO process VALUES (5)")
    db.run(one, {"owner": 5})
    with pytest.raises(LeaseLostError):
        db.run(one, {"owner": 6})
    assert db.execute("SELECT a FROM t").fetchall() == [(5,)]
