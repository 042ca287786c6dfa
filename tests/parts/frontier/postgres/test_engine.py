"""A frontier on a server: what it hears while others write, and what it leaves behind."""

import gevent
import psycopg
import pytest

from crawler.errors import LocalFaultError
from crawler.frontier import Clocks, open_frontier
from crawler.frontier.process import current
from crawler.frontier.sql.engine import SqlFrontier
from crawler.state_address import state_address
from tests.parts.frontier.postgres.others import cut, gate_held, until_waiting
from tests.parts.frontiers import seeds


@pytest.fixture
def frontier(database):
    with open_frontier(state_address(database), durable=True, clocks=Clocks()) as frontier:
        yield frontier


def test_a_process_hears_while_its_own_writing_waits(frontier, database):
    owner = frontier.join(current()).owner
    with gate_held(database) as gate:
        writing = gevent.spawn(frontier.add, "job", seeds("a.example:80"))
        until_waiting(database)
        with gevent.Timeout(10):
            assert frontier.hear(owner, 0).number >= 0
        assert not writing.ready()
        gate.rollback()
        assert writing.get(timeout=10) == 1


def test_a_process_hears_again_after_its_connection_was_cut(frontier, database):
    owner = frontier.join(current()).owner
    cut(database)
    with pytest.raises(LocalFaultError, match="cannot be reached"):
        frontier.hear(owner, 0)
    assert frontier.hear(owner, 0).number >= 0


class _Broken:
    def __getattr__(self, name):
        raise RuntimeError(name)


@pytest.mark.parametrize("part", ["_clock", "_ear"])
def test_a_frontier_that_cannot_be_opened_closes_what_was(database, part):
    frontier = open_frontier(state_address(database), durable=True)
    assert isinstance(frontier, SqlFrontier)
    setattr(frontier, part, _Broken())
    with pytest.raises(RuntimeError):
        frontier.__enter__()
    with psycopg.connect(database) as operator:
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        with gevent.Timeout(10):
            while operator.execute(sessions).fetchone() != (1,):
                operator.rollback()
