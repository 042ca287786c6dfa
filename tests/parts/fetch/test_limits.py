"""A body on its way in: what it leaves to the other greenlets, and when it ends."""

import time

import gevent
import pytest

from crawler.fetch.limits import Limits
from crawler.model import Kind, Trouble


def endless(pause: float = 0.0):
    """A socket that is always ready: no piece is ever waited for."""
    while True:
        until = time.monotonic() + pause
        while time.monotonic() < until:
            pass
        yield b"x"


def count(pieces, limits: Limits) -> None:
    for piece in pieces:
        limits.received(len(piece))


def test_others_run_while_a_body_comes_that_is_never_waited_for():
    gaps, limits = [], Limits(1 << 40, time.monotonic() + 0.5)

    def ticks():
        while True:
            before = time.monotonic()
            gevent.sleep(0.001)
            gaps.append(time.monotonic() - before)

    ticker = gevent.spawn(ticks)
    try:
        with gevent.Timeout(5), pytest.raises(Trouble):
            count(endless(0.0005), limits)
    finally:
        ticker.kill()
    assert len(gaps) >= 5
    assert max(gaps) < 0.25, "half of what the body takes"


def test_a_body_that_is_never_waited_for_ends_at_the_deadline():
    start = time.monotonic()
    with gevent.Timeout(5), pytest.raises(Trouble) as caught:
        count(endless(), Limits(1 << 40, start + 0.1))
    assert caught.value.kind is Kind.TIMEOUT
    assert 0.1 <= time.monotonic() - start < 1
