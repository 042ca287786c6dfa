"""Native threads: what they work on is theirs until they are done with it."""

import time

import gevent
from gevent.monkey import get_original

from crawler.threads import Native
from tests.program import until

_sleep = get_original("time", "sleep")


def test_a_thread_is_waited_for_however_often_its_greenlet_is_told_to_end():
    """A disk hangs: first the deadline of the visit rings, and then its worker is killed."""
    did, goes_on = [], []

    def writes():
        did.append("begun")
        end = time.monotonic() + 10
        while not goes_on and time.monotonic() < end:
            _sleep(0.002)
        did.append("written")

    def visits(native):
        try:
            with gevent.Timeout(0.01):
                native.call(writes)
        finally:
            did.append("closed")

    with Native(1) as native:
        greenlet = gevent.spawn(visits, native)
        until(lambda: did, "not begun")
        gevent.sleep(0.03)
        greenlet.kill(block=False)
        gevent.sleep(0.03)
        assert did == ["begun"]
        goes_on.append(True)
        greenlet.join(5)
    assert did == ["begun", "written", "closed"]
