"""A few lists are read at once, and one that takes long makes room for the next."""

import time

import gevent
import pytest
from gevent.event import Event

from crawler.seeder import slots
from crawler.seeder.slots import FEW, Slots


@pytest.fixture
def reading():
    """Greenlets that have a place until `over`, and how many have had one."""
    places, over, begun = Slots(), Event(), []

    def read(number):
        with places.taken():
            begun.append(number)
            over.wait(30)

    greenlets = []

    def start(number):
        greenlets.extend(gevent.spawn(read, one) for one in range(number))

    yield start, begun, over
    over.set()
    gevent.joinall(greenlets, raise_error=True)


def begun_by(begun, number):
    deadline = time.monotonic() + 20
    while len(begun) < number and time.monotonic() < deadline:
        gevent.sleep(0.01)
    return len(begun)


def test_only_a_few_begin_at_once(reading):
    start, begun, over = reading
    start(FEW + 3)
    gevent.sleep(0)
    assert begun == list(range(FEW))
    over.set()
    assert begun_by(begun, FEW + 3) == FEW + 3


def test_those_that_take_long_make_room_for_others(reading, monkeypatch):
    monkeypatch.setattr(slots, "PATIENCE_S", 0.05)
    start, begun, _ = reading
    start(3 * FEW)
    assert begun_by(begun, 3 * FEW) == 3 * FEW


def test_but_not_for_any_number(reading, monkeypatch):
    monkeypatch.setattr(slots, "PATIENCE_S", 0.01)
    monkeypatch.setattr(slots, "MAX_LONG", 2)
    start, begun, over = reading
    start(4 * FEW)
    assert begun_by(begun, FEW + 2) == FEW + 2
    gevent.sleep(0.1)
    assert len(begun) == FEW + 2
    over.set()
    assert begun_by(begun, 4 * FEW) == 4 * FEW
