"""The contract of the frontier, held by random walks over its verbs."""

import pytest

from crawler.frontier.sql.desk import unused
from crawler.frontier.sql.lists import passes
from crawler.frontier.sql.visits import refitting
from crawler.frontier.sqlite.file import merging
from crawler.state_address import state_address
from tests import FULL
from tests.parts.desk import assert_answers_agree
from tests.parts.frontier.invariants import broken
from tests.parts.frontier.walk import STEPS, Walk
from tests.parts.frontiers import Timed

ONCE_BROKEN = (73, 83, 277)
"""Walks at whose end a host had no time to be looked at, before that was mended."""
WALKS = range(500) if FULL else (*range(47), *ONCE_BROKEN)
WALKS_ON_A_SERVER = range(100) if FULL else range(4)
STEPS_EACH = 150
LOOK_EVERY = 25
"""Steps between two looks from outside."""


@pytest.fixture(autouse=True)
def _small_levels(monkeypatch):
    """Both levels of the index are in use with a handful of URLs, and walks go in slices."""
    monkeypatch.setattr(merging, "COUNTED_EVERY", 1)
    monkeypatch.setattr(merging, "MAX_RECENT", 6)
    monkeypatch.setattr(merging, "MOVED_AT_ONCE", 3)
    monkeypatch.setattr(refitting, "ROWS_AT_ONCE", 5)
    monkeypatch.setattr(passes, "DROPPED_AT_ONCE", 2)
    monkeypatch.setattr(unused, "HOSTS_PASSED", 2)
    monkeypatch.setattr(unused, "ROWS_AT_ONCE", 2)


@pytest.mark.campaign
@pytest.mark.parametrize("number", WALKS)
def test_after_every_verb_the_ledger_is_whole_and_no_host_is_forgotten(tmp_path, number):
    _walk(tmp_path / "state.sqlite", number)


@pytest.mark.campaign
@pytest.mark.timeout(600)  # a server that shares its machine takes a second for a look
@pytest.mark.parametrize("number", WALKS_ON_A_SERVER)
def test_a_ledger_on_a_server_is_as_whole_after_every_verb(database, number):
    _walk(state_address(database), number)


def _walk(file, number):
    with Timed(file, durable=False) as frontier, Timed(file, durable=False) as other:
        wishes = number % 2 == 0
        walk = Walk(frontier, file, number, obeying=number % 3 / 2, others=[other], wishes=wishes)
        for _ in range(STEPS_EACH):
            walk.step()
            found = broken(file, walk.now, walk.held)
            assert not found, (found, walk.trace[-6:])
            if not len(walk.trace) % LOOK_EVERY:
                assert_answers_agree(frontier, walk.now)
    taken = {name for name, _ in walk.trace if not name.startswith("operator")}
    assert taken <= STEPS.keys()
