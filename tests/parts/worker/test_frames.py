"""Where a greenlet stands, in words."""

import gevent

from crawler.threads import Native
from crawler.worker.frames import where


def inner(event) -> None:
    event.wait()


def outer(event) -> None:
    inner(event)


def test_the_innermost_calls_are_named_and_those_of_gevent_are_not():
    event = gevent.event.Event()
    greenlet = gevent.spawn(outer, event)
    gevent.sleep(0)
    found = where(greenlet.gr_frame)
    event.set()
    greenlet.join()
    first, second = found.split(" < ")
    assert first.endswith(" inner")
    assert second.endswith(" outer")
    assert first.startswith("test_frames.py:")


def test_of_what_calls_the_crawler_nothing_is_told():
    with Native(1) as native:
        greenlet = gevent.spawn(native.call, gevent.monkey.get_original("time", "sleep"), 0.2)
        gevent.sleep(0.01)
        found = where(greenlet.gr_frame)
        greenlet.join()
    assert found.split(" ")[-1] == "Native.call"


def test_what_does_not_run_stands_nowhere():
    assert where(None) == ""
