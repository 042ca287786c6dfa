"""A ledger behind a pgbouncer."""

import pytest

from crawler.errors import StateError
from crawler.frontier import open_frontier
from crawler.frontier.process import current
from crawler.state_address import state_address
from tests import FULL, postgres
from tests.parts.frontier.invariants import broken
from tests.parts.frontier.walk import Walk
from tests.parts.frontiers import Timed
from tests.rigs.pooler import Pooler

WALKS = range(10) if FULL else range(1)
STEPS_EACH = 150 if FULL else 50


def walked(database, number, mode):
    """Walk by three frontiers of which each has a connection of the pooler's."""
    cluster, name = postgres.shared(), database.partition("@/")[2].partition("?")[0]
    with Pooler(cluster, mode) as pooler:
        pooled = state_address(pooler.url(name))
        opened = [Timed(pooled, durable=False) for _ in range(3)]
        with opened[0] as one, opened[1] as other, opened[2] as third:
            walk = Walk(one, state_address(database), number, others=[other, third])
            for _ in range(STEPS_EACH):
                walk.step()
                found = broken(state_address(database), walk.now, walk.held)
                assert not found, (found, walk.trace[-6:])


@pytest.mark.campaign
@pytest.mark.parametrize("number", WALKS)
def test_a_pooler_that_gives_each_session_a_connection_changes_nothing(database, number):
    walked(database, number, "session")


def test_a_pooler_that_shares_connections_is_refused_with_the_remedy(database):
    name = database.partition("@/")[2].partition("?")[0]
    with Pooler(postgres.shared(), "transaction", size=2) as pooler:
        pooled = state_address(pooler.url(name))
        with open_frontier(pooled, durable=False) as one:
            one.join(current())
        with pytest.raises(StateError, match="pool_mode = session"):
            join_in_turn(pooled)


def join_in_turn(pooled):
    """Join again and again: the pooler has two connections, and soon one comes again."""
    for _ in range(20):
        with open_frontier(pooled, durable=False) as other:
            other.join(current())
