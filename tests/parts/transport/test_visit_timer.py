"""The one timer of a visit: what it ends, and what it leaves alone."""

import time

import gevent
import pytest

from crawler.config import Timeout
from crawler.model import Kind, Trouble
from crawler.transport.visit_timer import Watch

SHORT = Timeout(connect="50ms", read="50ms", total="10s")


def test_a_silence_ends_what_waits_for_the_server_and_not_before_its_time():
    start = time.monotonic()
    with Watch(start + 5, SHORT) as watch:
        gevent.sleep(0.03)
        watch.until = time.monotonic() + watch.read
        with pytest.raises(Trouble) as caught:
            gevent.sleep(5)
        assert 0.08 <= time.monotonic() - start < 0.3
    assert caught.value.kind is Kind.TIMEOUT


def test_whoever_waits_for_something_else_is_left_alone():
    with Watch(time.monotonic() + 5, SHORT) as watch:
        gevent.sleep(0.2)
        for _ in range(5):  # as many short waits as there are pieces of a body
            watch.until = time.monotonic() + watch.read
            gevent.sleep(0.03)
            watch.until = 0.0
        assert watch.rung is None


@pytest.mark.parametrize("waits", [False, True])
def test_the_deadline_ends_whatever_is_under_way(waits):
    start = time.monotonic()
    watch = Watch(start + 0.12, SHORT)

    def works() -> None:
        with watch:
            while True:
                watch.until = time.monotonic() + watch.read if waits else 0.0
                gevent.sleep(0.04)

    with pytest.raises(gevent.Timeout) as caught:
        works()
    assert caught.value is watch.rung
    assert 0.12 <= time.monotonic() - start < 0.4


def test_a_silence_that_somebody_made_good_leaves_the_deadline():
    start = time.monotonic()
    watch = Watch(start + 0.2, SHORT)

    def works() -> None:
        with watch:
            watch.until = time.monotonic() + watch.read
            with pytest.raises(Trouble):
                gevent.sleep(5)
            gevent.sleep(5)

    with pytest.raises(gevent.Timeout):
        works()
    assert 0.2 <= time.monotonic() - start < 0.5


def test_what_is_over_before_it_begins_ends_at_the_first_wait():
    with pytest.raises(gevent.Timeout), Watch(time.monotonic() - 1, SHORT):
        gevent.sleep(5)


def test_after_the_visit_nothing_rings():
    with Watch(time.monotonic() + 0.05, SHORT) as watch:
        watch.until = time.monotonic() + watch.read
    gevent.sleep(0.15)
    assert watch.rung is None
