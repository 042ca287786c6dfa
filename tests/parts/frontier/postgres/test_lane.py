"""A greenlet of its own, for what must not break off."""

import gevent
import pytest
from gevent.event import Event

from crawler.frontier.postgres.lane import Lane


@pytest.fixture
def lane():
    lane = Lane()
    lane.start()
    yield lane
    lane.end()


def test_what_is_asked_for_runs_one_after_the_other(lane):
    done = []

    def work(number):
        done.append(number)
        gevent.sleep(0)
        done.append(number)

    gevent.joinall([gevent.spawn(lane.call, work, number) for number in range(3)])
    assert done == [0, 0, 1, 1, 2, 2]


def test_a_caller_that_is_killed_breaks_nothing_off(lane):
    begun, may_end, done = Event(), Event(), []

    def work():
        begun.set()
        may_end.wait()
        done.append(1)

    caller = gevent.spawn(lane.call, work)
    begun.wait(timeout=10)
    caller.kill(block=False)
    gevent.sleep(0)
    assert not caller.ready()
    may_end.set()
    caller.join(timeout=10)
    assert done == [1]
    assert isinstance(caller.value, gevent.GreenletExit)


def test_a_caller_that_is_killed_again_and_again_waits_all_the_same(lane):
    begun, may_end = Event(), Event()

    def work():
        begun.set()
        may_end.wait()

    caller = gevent.spawn(lane.call, work)
    begun.wait(timeout=10)
    waited = []
    for _ in range(3):
        caller.kill(block=False)
        gevent.sleep(0)
        waited.append(not caller.ready())
    may_end.set()
    caller.join(timeout=10)
    assert all(waited)
    assert isinstance(caller.value, gevent.GreenletExit)


def test_an_error_is_that_of_the_caller_and_the_lane_goes_on(lane):
    with pytest.raises(ZeroDivisionError):
        lane.call(lambda: 1 / 0)
    assert lane.call(lambda: 7) == 7
