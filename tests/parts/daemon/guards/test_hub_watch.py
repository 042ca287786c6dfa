"""What blocks the event loop is named, whether it lets go of the interpreter or not."""

import re
import time

import gevent
from gevent.monkey import get_original

from crawler.daemon.guards.hub_watch import HubWatch
from tests.parts.logs import Records
from tests.program import until

LIMIT_S = 0.2
_sleep = get_original("time", "sleep")


def sleeps() -> None:
    _sleep(3 * LIMIT_S)


def computes() -> None:
    deadline = time.monotonic() + 3 * LIMIT_S
    while time.monotonic() < deadline:
        pass


def holds_the_interpreter() -> None:
    """A search that lets no other thread run, not even for a moment."""
    letters, took = 18, 0.0
    while took < 3 * LIMIT_S:
        began = time.monotonic()
        re.match(r"(a+)+b", "a" * letters)
        took = time.monotonic() - began
        letters += 1


def told_of(blocks) -> tuple[dict, str]:
    log, words = Records(), []
    with HubWatch(lambda: LIMIT_S, log, words.append):
        gevent.sleep(LIMIT_S)
        blocks()
        told = until(lambda: log.told("hub.blocked"), "not told")
    return told[-1], words[-1]


def test_what_waits_for_something_is_told_by_its_name():
    told, words = told_of(sleeps)
    assert "sleeps" in told["where"]
    assert told["for_s"] >= 2 * LIMIT_S
    assert words.startswith(f"the event loop was blocked for {told['for_s']} s by test_hub_watch")


def test_what_computes_is_told_by_its_name():
    told, _ = told_of(computes)
    assert "computes" in told["where"]
    assert told["cpu_s"] > 0


def test_what_lets_no_thread_run_is_told_by_its_name():
    told, _ = told_of(holds_the_interpreter)
    assert "holds_the_interpreter" in told["where"]


def test_a_limit_of_0_tells_nothing():
    log = Records()
    with HubWatch(lambda: 0.0, log, log.info):
        gevent.sleep(0.01)
        computes()
        gevent.sleep(0.6)
    assert not log.events


def test_a_loop_that_is_in_time_tells_nothing():
    log = Records()
    with HubWatch(lambda: 5.0, log, log.info):
        gevent.sleep(0.5)
    assert not log.events
