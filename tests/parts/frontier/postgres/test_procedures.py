"""Procedures as functions of a session."""

import pytest

from crawler.errors import LeaseLostError
from crawler.frontier import Clocks, open_frontier
from crawler.frontier.postgres.procedures import call_of, function_of
from crawler.frontier.process import current
from crawler.frontier.sql.procedures import Apart, Each, Procedure
from crawler.state_address import state_address

INNER = Procedure("inner_one", "ip", "DELETE FROM address WHERE ip = :ip")
OUTER = Procedure(
    "outer_one", "owner now", Each(INNER, "SELECT ip FROM address WHERE owner = :owner"),
    Apart("found_addresses"), fenced=True,
)  # fmt: skip


def test_a_procedure_is_a_function_of_its_parameters_by_place():
    assert function_of(INNER) == (
        "CREATE FUNCTION pg_temp.inner_one(text) RETURNS void LANGUAGE plpgsql "
        "AS $body$ BEGIN DELETE FROM address WHERE ip = $1; END $body$"
    )
    assert call_of(INNER) == "SELECT pg_temp.inner_one(%(ip)s::text)"


def test_one_within_another_runs_for_each_row_behind_the_fence():
    text = function_of(OUTER)
    each = (
        "PERFORM pg_temp.inner_one(ip) FROM (SELECT ip FROM address WHERE owner = $1) AS each (ip)"
    )
    assert each in text
    assert text.index("lease lost") < text.index("PERFORM pg_temp") < text.index("ORDER BY ip FOR")


def test_a_process_that_was_taken_for_dead_is_told(database):
    with open_frontier(state_address(database), durable=False, clocks=Clocks()) as frontier:
        owner = frontier.join(current()).owner
        frontier.leave(owner, [])
        with pytest.raises(LeaseLostError):
            frontier.settle(owner, [], [])
        assert frontier.sums().met == 0  # the connection is as good as before
