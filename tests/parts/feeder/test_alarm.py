"""What wakes the feeder and the leaser: somebody, or a time."""

import time

import gevent
import pytest

from crawler.feeder.alarm import Alarm


@pytest.fixture
def alarm():
    with gevent.Timeout(10):
        yield Alarm()


def test_who_waits_is_woken_by_somebody(alarm):
    woken = gevent.spawn(alarm.wait, 3600.0)
    gevent.sleep(0)
    alarm.set()
    woken.get()


def test_who_waits_is_woken_by_the_time(alarm):
    alarm.wait(-1.0)
    alarm.clear()
    began = time.monotonic()
    alarm.wait(0.05)
    assert time.monotonic() - began > 0.04


def test_an_alarm_that_was_set_lets_the_next_wait_return_at_once(alarm):
    alarm.set()
    alarm.wait(3600.0)
    alarm.clear()
    waiting = gevent.spawn(alarm.wait, 3600.0)
    gevent.sleep(0.01)
    assert not waiting.ready()
    waiting.kill()
