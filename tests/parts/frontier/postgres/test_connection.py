"""Statements of `crawler.frontier.sql` on a server."""

from contextlib import closing

import pytest

from crawler.frontier.postgres.opening import connect
from crawler.state_address import state_address
from tests import postgres


@pytest.fixture
def connection(database):
    connection = connect(state_address(database), make=True)
    yield connection
    connection.server.close()


@pytest.mark.parametrize(("sql", "parameters"), [
    ("SELECT '5 %'", ()), ("SELECT '5 %' WHERE 1 = ?", (1,)),
    ("SELECT '5 %' WHERE 1 = :one", {"one": 1}), ("SELECT '5 %'", {"more": 1}),
])  # fmt: skip
def test_a_percent_sign_is_one_with_parameters_and_without(connection, sql, parameters):
    assert connection.execute(sql, parameters).fetchone() == ("5 %",)


def test_a_server_soon_gives_up_a_machine_that_is_gone():
    """Else what it has begun holds the ledger up for as long as the system says: two hours."""
    names = ("idle", "interval", "count")
    with postgres.Cluster(addresses=["127.0.0.1"]) as cluster:
        db = connect(state_address(cluster.url(address="127.0.0.1")), make=True)
        with closing(db.server) as server:
            shown = [server.execute(f"SHOW tcp_keepalives_{name}").fetchone() for name in names]
            idle, interval, count = (int(value) for (value,) in shown)
            assert 0 < idle + interval * count < 15
            assert server.execute("SHOW tcp_user_timeout").fetchone() == ("10000",)
