"""A ledger on a server, worked on from outside."""

import time

import gevent
import pytest

from crawler.errors import StateError
from crawler.frontier import Clocks, open_frontier, open_ledger
from crawler.frontier.actions import Revisit
from crawler.state_address import state_address
from tests.parts.frontier.postgres.others import gate_held, until_waiting
from tests.program import until

HELD_S = 2.0
"""For so long somebody else has the ledger."""


@pytest.fixture
def address(database):
    address = state_address(database)
    with open_frontier(address, durable=True, clocks=Clocks()):
        return address


def test_what_has_waited_for_the_ledger_does_not_leave_it_to_others_for_as_long(address, database):
    with open_ledger(address, write=True) as ledger, gate_held(database) as gate:
        changing = gevent.spawn(ledger.change, Revisit([]))
        until_waiting(database)
        began = time.monotonic()
        until(lambda: time.monotonic() > began + HELD_S, "time stands still")
        gate.rollback()
        changing.get(timeout=HELD_S - 0.5)


def test_a_server_that_is_away_is_an_error_that_a_verb_tells(unused_port):
    address = state_address(f"postgresql://crawler@127.0.0.1:{unused_port}/crawler")
    with pytest.raises(StateError, match="cannot be reached"), open_ledger(address):
        pass
