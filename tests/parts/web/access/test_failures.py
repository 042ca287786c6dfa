"""Wrong tokens: each waits, and few at once."""

import time

import gevent

from crawler.web.access.failures import COSTS_S, MAX_AT_ONCE, Failures


def test_each_costs_a_second_and_no_more_than_eight_are_waited_for():
    failures, began = Failures(), time.monotonic()
    suffering = [gevent.spawn(failures.suffer) for _ in range(MAX_AT_ONCE)]
    gevent.sleep(0)
    assert failures.suffer().status == 429
    assert time.monotonic() - began < COSTS_S / 2
    gevent.joinall(suffering, raise_error=True)
    assert time.monotonic() - began >= COSTS_S
    assert {one.value.status for one in suffering} == {401}
    assert failures.suffer().status == 401, "there is room again"


def test_who_goes_away_makes_room():
    failures = Failures()
    suffering = [gevent.spawn(failures.suffer) for _ in range(MAX_AT_ONCE)]
    gevent.sleep(0)
    gevent.killall(suffering)
    assert failures.suffer().status == 401
