"""Statements of `crawler.frontier.sql` on a server."""

import pytest

from crawler.frontier.postgres.opening import connect
from crawler.state_address import state_address


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
