"""Rows of temporary tables, as they come to a server and lie there."""

from contextlib import suppress

import psycopg
import pytest

from crawler.frontier.postgres import staging
from crawler.frontier.postgres.connection import _MANY_ROWS, Connection
from crawler.frontier.postgres.opening import connect, stage
from crawler.frontier.sql.lists import finding, new_urls
from crawler.state_address import state_address

FAILED = (7, 1, 3, "network", 1_000_000.25, "http://a.example/ä", None)


@pytest.fixture
def db(database):
    connection = connect(state_address(database), make=True)
    stage(connection)
    yield connection
    connection.server.close()


def rows(db, table):
    return db.execute(f"SELECT * FROM temp.{table}").fetchall()  # noqa: S608  a name of ours


def test_rows_lie_there_as_they_came_and_those_before_are_gone(db):
    db.fill({"failed": [FAILED], "claimed": [(1, 2)], "my_job": [("one", "ab")]})
    assert rows(db, "failed") == [FAILED]
    db.fill({"failed": [], "claimed": [(3, 4), (-(2**63), 2**63 - 1)]})
    assert rows(db, "failed") == []
    assert rows(db, "claimed") == [(3, 4), (-(2**63), 2**63 - 1)]
    assert rows(db, "my_job") == [("one", "ab")]


@pytest.mark.parametrize("text", ["\0", "a\0b", "\\\0", "\\u0000", "\\\\u0000\0"])
def test_a_nul_which_no_text_of_a_server_holds_is_replaced(db, text):
    db.fill({"my_job": [(text, "ab")]})
    assert rows(db, "my_job") == [(text.replace("\0", "\ufffd"), "ab")]


def test_bytes_come_as_they_are(db):
    kinds = dict(staging._columns(staging.TEMPORARY["settled"]))
    row = [b"\0\xff" if kind == "bytea" else None for kind in kinds.values()]
    row[0] = 1
    db.fill({"settled": [row]})
    assert db.execute("SELECT digest FROM temp.settled").fetchone() == (b"\0\xff",)


def test_a_verb_that_begins_again_has_its_rows_still(db):
    with suppress(psycopg.Error), db.piped():
        db.fill({"my_job": [("one", "ab")]})
        db.execute("BEGIN")
        db.execute("SELECT 1 / 0")
    db.abandon()
    assert rows(db, "my_job") == [("one", "ab")]


def test_dead_rows_are_cleared_away(db):
    many = [(number, number) for number in range(_MANY_ROWS // 4)]
    for _ in range(12):
        db.fill({"claimed": many})
    ((size,),) = db.execute("SELECT pg_relation_size('pg_temp.claimed')").fetchall()
    assert size < 60 * 5 * len(many)  # of five fillings, and not of twelve


def test_a_connection_without_a_pipeline_reads_how_many_rows_were_changed(db):
    assert isinstance(db, Connection)
    db.fill({"my_job": [("one", "ab"), ("two", "cd")]})
    with db.piped():
        assert db.execute("DELETE FROM my_job").rowcount == 2


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (finding._CAME, (0,)),
        (new_urls._ADOPTED, {"first": 0, "end": 9, "adopted": "[1]"}),
    ],
)
def test_staged_urls_are_hashed_and_not_compared_in_pairs(db, statement, values):
    """Two lists that came at once took a hundred times as long, with 4,000 URLs in a batch."""
    plan = "\n".join(line for (line,) in db.execute(f"EXPLAIN {statement}", values))
    assert "hashed SubPlan" in plan, plan
