"""One derivation of a host's next time, with the reason for it."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model import DAY_S
from crawler.policy.host_limits import Adaptive, HostLimits
from crawler.policy.http_dates import MAX_RETRY_AFTER_S
from crawler.policy.politeness import MAX_TURN_S, HostPace
from crawler.policy.remembered import remember, rest_of
from crawler.policy.rests import Why, next_visit
from crawler.records import Health, Rest

NOW = 1000.0
LIMITS = HostLimits(delay=5, max_backoff=60)
OF_A_WEEK = st.floats(0, 7 * DAY_S)


@pytest.mark.parametrize(
    ("owed", "told"),
    [
        ({}, (NOW, Why.READY)),
        ({"answered_at": NOW - 5}, (NOW, Why.READY)),
        ({"answered_at": NOW - 1}, (NOW + 4, Why.DELAY)),
        ({"answered_at": NOW, "crawl_delay": 8.0}, (NOW + 8, Why.CRAWL_DELAY)),
        ({"answered_at": NOW, "backoff": 9.0}, (NOW + 9, Why.BACKOFF)),
        ({"answered_at": NOW, "failed_until": NOW + 30}, (NOW + 30, Why.FAILURES)),
        ({"failed_until": NOW + 30, "put_off_until": NOW + 40}, (NOW + 40, Why.RETRY_AFTER)),
        ({"turn_at": NOW + 7, "answered_at": NOW}, (NOW + 7, Why.ADDRESS)),
        ({"hours_at": NOW + 70, "put_off_until": NOW + 40}, (NOW + 70, Why.HOURS)),
        (
            {"limits": HostLimits(max_per_day=2), "spent": 2, "day_ends": NOW + 99},
            (NOW + 99, Why.BUDGET),
        ),
        ({"limits": HostLimits(max_per_day=3), "spent": 2, "day_ends": NOW + 9}, (NOW, Why.READY)),
    ],
)
def test_what_lasts_longest_is_the_reason(owed, told):
    pace = HostPace(0.0, LIMITS)
    for name, value in owed.items():
        setattr(pace, name, value)
    pace.derive()
    assert next_visit(pace, NOW) == told


@given(times=st.tuples(OF_A_WEEK, OF_A_WEEK, OF_A_WEEK, OF_A_WEEK), now=OF_A_WEEK)
def test_nothing_rests_longer_than_its_own_rule_allows_from_now(times, now):
    pace = HostPace(0.0, LIMITS)
    remember(pace, Health(backoff=1e9, failures=9), now, 0.0, Rest(*times))
    at, why = next_visit(pace, now)
    most = {
        Why.READY: 0.0, Why.RETRY_AFTER: MAX_RETRY_AFTER_S, Why.FAILURES: 60.0,
        Why.ADDRESS: MAX_TURN_S, Why.BACKOFF: 60.0, Why.DELAY: 5.0,
    }  # fmt: skip
    assert now <= at <= now + most[why]


@given(limit=st.floats(0, 100), then=st.floats(0, 100), passed=st.floats(0, 200))
def test_a_delay_counts_from_the_answer_whatever_it_was_then(limit, then, passed):
    pace = HostPace(0.0, HostLimits(delay=then))
    pace.handed_off()
    pace.begun(NOW - 3)
    pace.finished(NOW)
    kept = rest_of(pace, 1e6)
    later = HostPace(0.0, HostLimits(delay=limit))
    remember(later, Health(), NOW + passed, 1e6, kept)
    assert later.next_at == pytest.approx(NOW + limit, abs=1e-6)


def test_a_success_ends_no_rest_that_has_begun():
    pace = HostPace(0.0, HostLimits(delay=1, per_host=2))
    for at in (NOW, NOW + 1):
        pace.handed_off()
        pace.begun(at)
    for _ in range(3):
        pace.failed(NOW + 2, NOW + 2, Random(1), silent=True)
        pace.failed_until = 0.0
    pace.finished(NOW + 2)
    owed = pace.next_at
    pace.well(1.0)
    pace.finished(NOW + 1.5)
    assert pace.next_at >= owed


def test_an_adaptive_delay_is_a_delay():
    pace = HostPace(0.0, HostLimits(adaptive=Adaptive(5, 1, 20)), answered_at=NOW, latency=2.0)
    assert next_visit(pace, NOW) == (NOW + 10, Why.DELAY)
