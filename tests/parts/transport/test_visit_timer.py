"""The one timer of a visit: what it ends, and what it leaves alone."""

import time

import gevent
import pytest

from crawler.config import Timeout
from crawler.model import Kind, Trouble
from crawler.transport.visit_timer import VisitTimer

SHORT = Timeout(connect="50ms", read="50ms", total="10s")


def test_a_silence_ends_what_waits_for_the_server_and_not_before_its_time():
    start = time.monotonic()
    with VisitTimer(start + 5, SHORT) as timer:
        gevent.sleep(0.03)
        timer.until = time.monotonic() + timer.read
        with pytest.raises(Trouble) as caught:
            gevent.sleep(5)
        assert 0.08 <= time.monotonic() - start < 0.3
    assert caught.value.kind is Kind.TIMEOUT


def test_whoever_waits_for_something_else_is_left_alone():
    with VisitTimer(time.monotonic() + 5, SHORT) as timer:
        gevent.sleep(0.2)
        for _ in range(5):  # as many short waits as there are pieces of a body
            timer.until = time.monotonic() + timer.read
            gevent.sleep(0.03)
            timer.until = 0.0
        assert timer.rung is None


@pytest.mark.parametrize("waits", [False, True])
def test_the_deadline_ends_whatever_is_under_way(waits):
    start = time.monotonic()
    timer = VisitTimer(start + 0.12, SHORT)

    def works() -> None:
        with timer:
            while True:
                timer.until = time.monotonic() + timer.read if waits else 0.0
                gevent.sleep(0.04)

    with pytest.raises(gevent.Timeout) as caught:
        works()
    assert caught.value is timer.rung
    assert 0.12 <= time.monotonic() - start < 0.4


def test_a_silence_that_somebody_made_good_leaves_the_deadline():
    start = time.monotonic()
    timer = VisitTimer(start + 0.2, SHORT)

    def works() -> None:
        with timer:
            timer.until = time.monotonic() + timer.read
            with pytest.raises(Trouble):
                gevent.sleep(5)
            gevent.sleep(5)

    with pytest.raises(gevent.Timeout):
        works()
    assert 0.2 <= time.monotonic() - start < 0.5


def test_what_is_over_before_it_begins_ends_at_the_first_wait():
    with pytest.raises(gevent.Timeout), VisitTimer(time.monotonic() - 1, SHORT):
        gevent.sleep(5)


def test_after_the_visit_nothing_rings():
    with VisitTimer(time.monotonic() + 0.05, SHORT) as timer:
        timer.until = time.monotonic() + timer.read
    gevent.sleep(0.15)
    assert timer.rung is None
