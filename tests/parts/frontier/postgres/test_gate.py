"""The gate of a server's ledger, and how long it is waited for."""

import time

import gevent
import pytest

from crawler.errors import LocalFaultError
from crawler.frontier import Clocks, open_frontier
from crawler.frontier.process import current
from crawler.frontier.sql.procedures import lost_error
from crawler.state_address import state_address
from tests.parts.frontier.postgres.others import ask, cut, gate_held, until_waiting
from tests.parts.frontiers import seeds


@pytest.fixture
def frontier(database):
    with open_frontier(state_address(database), durable=True, clocks=Clocks()) as frontier:
        yield frontier


def test_a_stop_that_is_near_shortens_the_wait_for_others(frontier, database):
    with gate_held(database) as gate:
        began = time.monotonic()
        frontier.hurry(began + 0.5)
        for left in (0.5, 0.0):
            with pytest.raises(LocalFaultError, match="holds the ledger"):
                frontier.add("job", seeds("a.example:80"))
            assert left <= time.monotonic() - began < 5.0
            assert began <= frontier.busy_since() < began + 0.5, "since it waited first"
        gate.rollback()
        assert frontier.add("job", seeds("a.example:80")) == 1
        assert frontier.busy_since() == 0.0


def test_a_stop_that_is_far_leaves_the_wait_as_long_as_it_was(frontier, database):
    with gate_held(database) as gate:
        frontier.hurry(time.monotonic() + 3600)
        writing = gevent.spawn(frontier.add, "job", seeds("a.example:80"))
        until_waiting(database)
        gate.rollback()
        assert writing.get(timeout=10) == 1


def test_a_verb_that_fails_was_let_through(frontier, database):
    owner = frontier.join(current()).owner
    ask(database, "DELETE FROM crawler.process")
    with pytest.raises(type(lost_error())):
        frontier.heed(owner, 1)
    assert frontier.busy_since() == 0.0


def test_a_wait_that_breaks_off_is_over(frontier, database):
    with gate_held(database):
        writing = gevent.spawn(frontier.add, "job", seeds("a.example:80"))
        until_waiting(database)
        assert frontier.busy_since() > 0.0
        cut(database)
        with pytest.raises(LocalFaultError, match="cannot be reached"):
            writing.get(timeout=10)
        assert frontier.busy_since() == 0.0
