"""Rounds of the event loop: what is woken at once runs a few at a time, in its order."""

import socket
import time
from collections import Counter
from contextlib import closing

import gevent
import pytest
from gevent.hub import get_hub

from crawler import rounds
from crawler.config import Timeout
from crawler.rounds import ROUND_S, Rounds
from crawler.transport.connection import Connection
from crawler.transport.visit_timer import VisitTimer

STEP_S = ROUND_S / 4


class Loop:
    """Greenlets that are woken at once, each of which takes STEP_S of a clock of the test's own."""

    def __init__(self):
        self.now, self.round, self.ran = 0.0, 0, []
        self.rounds = Rounds(lambda: self.now)
        self.watcher = get_hub().loop.check(ref=False)
        self.watcher.start(self.begin)

    def begin(self):
        self.round += 1

    def step(self, number):
        self.rounds.give_way()
        self.work(number)

    def work(self, number):
        self.now += STEP_S
        self.ran.append((number, self.round))

    @property
    def order(self):
        return [number for number, _ in self.ran]


@pytest.fixture
def loop():
    one = Loop()
    yield one
    one.watcher.close()
    if one.rounds._begins:
        one.rounds._begins.close()
        one.rounds._goes_on.close()


def test_many_that_are_woken_at_once_run_a_few_in_each_round_and_in_their_order(loop):
    gevent.joinall([gevent.spawn(loop.step, number) for number in range(40)], raise_error=True)
    assert loop.order == list(range(40))
    each = Counter(round_ for _, round_ in loop.ran)
    assert max(each.values()) <= ROUND_S / STEP_S + 1, each


def test_those_in_line_go_on_when_nothing_else_wakes_the_loop(loop):
    loop.step(0)
    loop.now += ROUND_S
    with gevent.Timeout(5):
        loop.step(1)
    assert loop.order == [0, 1]


def test_one_that_is_killed_in_the_line_holds_up_nobody(loop):
    loop.now += ROUND_S
    waiting = [gevent.spawn(loop.step, number) for number in (1, 2, 3)]
    gevent.sleep(0)
    gevent.spawn(waiting[1].kill)
    gevent.joinall(waiting, timeout=5)
    assert loop.order == [1, 3]


def test_who_has_long_work_goes_on_before_those_in_line(loop):
    def works():
        for number in ("a", "b"):
            loop.work(number)
            loop.rounds.pause()

    gevent.joinall(
        [gevent.spawn(works), *(gevent.spawn(loop.step, number) for number in range(8))],
        raise_error=True,
    )
    first = [number for number, round_ in loop.ran if round_ == loop.ran[0][1]]
    assert loop.order[: len(first)] == first
    assert "b" in first or loop.order[len(first)] == "b"


def test_one_in_line_goes_on_in_each_round_however_long_that_is(loop, monkeypatch):
    monkeypatch.setattr(rounds, "ROUND_S", 0.0)
    with gevent.Timeout(5):
        gevent.joinall([gevent.spawn(loop.step, number) for number in range(5)], raise_error=True)
    assert loop.order == list(range(5))
    assert len({round_ for _, round_ in loop.ran}) == 5


def test_timers_ring_between_the_rounds(loop):
    rung = []
    greenlets = [gevent.spawn(loop.step, number) for number in range(40)]
    gevent.spawn_later(0.0, lambda: rung.append(len(loop.ran)))
    gevent.joinall(greenlets, raise_error=True)
    assert 0 <= rung[0] < 40


@pytest.mark.parametrize("plain", [True, False])
def test_a_visit_asks_once_for_each_answer_and_waits_in_no_time_of_its_server(monkeypatch, plain):
    asked = []
    ours, theirs = socket.socketpair()
    timer = VisitTimer(time.monotonic() + 5, Timeout())
    monkeypatch.setattr(Rounds, "give_way", lambda _: asked.append(timer.until))
    with timer, theirs, closing(Connection(ours, (None, "x:80", False), timer)) as connection:
        connection._plain = plain  # else it is read as TLS is
        for visits in (1, 2):
            answering = gevent.spawn(
                theirs.sendall, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            )
            connection.ask(b"GET / HTTP/1.1\r\n\r\n")
            connection.answered()
            answering.get()
            assert len(asked) == visits
    assert not any(asked), "it has answered"
