"""A rate that many share is kept by all of them together."""

import pytest

from crawler.policy.token_bucket import BURST_S, TokenBucket


def test_who_takes_more_than_the_rate_allows_waits_for_the_rest():
    bucket = TokenBucket(100, now=0.0)
    assert bucket.take(100, now=0.0) == 1.0
    assert bucket.take(100, now=0.0) == 2.0  # another taker stands in the queue behind it
    assert bucket.take(100, now=2.5) == pytest.approx(1.0 - BURST_S)


def test_a_silence_saves_up_no_more_than_a_burst():
    bucket = TokenBucket(100, now=0.0)
    assert bucket.take(0, now=1000.0) == 0.0
    assert bucket.take(100, now=1000.0) == pytest.approx(1.0 - BURST_S)


def test_over_any_time_no_more_comes_than_rate_and_burst():
    bucket, now, taken = TokenBucket(1000, now=0.0), 0.0, 0
    for size in (1, 700, 64, 5000, 10, 10, 2048) * 20:
        now += bucket.take(size, now) + 0.001
        taken += size
    assert taken <= 1000 * (now + BURST_S)
