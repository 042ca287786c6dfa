"""Streams of events: one look for all, none for nobody."""

import gevent
import gevent.event
import pytest

from crawler.web import events as module
from crawler.web.events import MAX_STREAMS, Events, event
from crawler.web.problems import Problem


class Looks:
    """Counts looks."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self) -> bytes:
        self.number += 1
        return event("state", str(self.number).encode())


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(module, "EVERY_S", 0.02)


def listened(events: Events, number: int) -> list[bytes]:
    stream = events.stream()
    try:
        return [next(stream) for _ in range(number)]
    finally:
        stream.close()


def test_all_who_listen_share_one_look(quick):
    looks = Looks()
    events = Events(looks)
    heard = [gevent.spawn(listened, events, 11) for _ in range(10)]
    gevent.joinall(heard, raise_error=True)
    assert all(len(one.value) == 11 for one in heard)
    assert looks.number <= 14
    events.close()


def test_nobody_looks_while_nobody_listens(quick):
    looks = Looks()
    events = Events(looks)
    gevent.sleep(0.1)
    assert looks.number == 0
    listened(events, 4)
    gevent.sleep(0.1)
    before = looks.number
    gevent.sleep(0.2)
    assert looks.number == before
    assert listened(events, 3)[1].startswith(b"event: state\n"), "and it begins again"
    events.close()


def test_what_has_nothing_to_say_sends_a_ping(monkeypatch):
    monkeypatch.setattr(module, "EVERY_S", 60.0)
    monkeypatch.setattr(module, "PING_S", 0.02)
    events = Events(Looks())
    assert listened(events, 4)[2:] == [b": ping\n\n"] * 2
    events.close()


def test_streams_are_bounded_and_one_that_ends_makes_room(quick):
    events = Events(Looks())
    streams = [events.stream() for _ in range(MAX_STREAMS)]
    for one in streams:
        next(one)
    with pytest.raises(Problem) as full:
        events.stream()
    assert (full.value.status, full.value.kind) == (503, "busy")
    streams.pop().close()
    streams.append(events.stream())
    next(streams[-1])
    events.close()
    for one in streams:
        one.close()


def test_a_close_ends_every_stream(quick):
    events = Events(Looks())
    heard = [gevent.spawn(list, events.stream()) for _ in range(3)]
    gevent.sleep(0.05)
    events.close()
    gevent.joinall(heard, timeout=1, raise_error=True)
    assert all(one.dead for one in heard)


def test_a_close_does_not_wait_for_a_look_that_hangs(quick):
    goes_on = gevent.event.Event()

    def hanging() -> bytes:
        try:
            goes_on.wait()
        finally:  # as a native thread, which nobody can kill
            goes_on.wait()
        return event("state", b"1")

    events = Events(hanging)
    stream = events.stream()
    next(stream)
    listening = gevent.spawn(next, stream)
    gevent.sleep(0.05)
    with gevent.Timeout(5):
        events.close()
    listening.join(timeout=5)
    stream.close()
    goes_on.set()
    gevent.sleep(0.05)


def test_a_stream_ends_after_its_time(quick, monkeypatch):
    monkeypatch.setattr(module, "LASTS_S", 0.1)
    events = Events(Looks())
    assert len(list(events.stream())) < 20
    events.close()


def test_who_looks_may_fail_and_is_begun_anew(quick, monkeypatch):
    monkeypatch.setattr(module, "PING_S", 0.1)
    looks = Looks()

    def failing() -> bytes:
        looks()
        if looks.number == 2:
            raise RuntimeError("a fault of the crawler")
        return event("state", b"1")

    events = Events(failing)
    stream = events.stream()
    assert sum(next(stream).startswith(b"event: state") for _ in range(6)) >= 3
    stream.close()
    events.close()


def test_who_listens_can_be_sent_away_and_may_come_again(quick):
    events = Events(Looks())
    heard = [gevent.spawn(list, events.stream()) for _ in range(3)]
    gevent.sleep(0.05)
    events.end()
    gevent.joinall(heard, timeout=1, raise_error=True)
    assert all(one.dead for one in heard)
    assert listened(events, 3)
    events.close()
