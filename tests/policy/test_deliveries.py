"""For how long events and their hooks wait after a failure."""

from random import Random

import pytest

from crawler.policy.deliveries import (
    MAX_ASKED_S,
    MAX_EVENT_WAIT_S,
    MAX_HOOK_WAIT_S,
    event_wait,
    hook_rest,
    is_given_up,
)


@pytest.mark.parametrize(("failures", "most"), [(1, 1), (2, 2), (5, 16), (12, 2048), (99, 3600)])
def test_an_event_waits_twice_as_long_each_time_up_to_an_hour(failures, most):
    waits = [event_wait(failures, Random(seed)) for seed in range(50)]
    assert most / 2 <= min(waits) < max(waits) <= most <= MAX_EVENT_WAIT_S


def test_a_hook_rests_for_ten_minutes_at_the_most_or_as_long_as_it_asks():
    assert hook_rest(99, 0.0, Random(1)) <= MAX_HOOK_WAIT_S
    assert hook_rest(1, 120.0, Random(1)) == 120.0
    assert hook_rest(1, 1e9, Random(1)) == MAX_ASKED_S


@pytest.mark.parametrize(
    ("attempts", "age", "over"), [(1, 5, False), (3, 5, True), (1, 11, True), (2, 10, False)]
)
def test_an_event_is_given_up_after_its_attempts_or_its_time(attempts, age, over):
    assert is_given_up(attempts, age, 3, 10.0) is over
