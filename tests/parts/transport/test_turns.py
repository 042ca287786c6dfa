"""Turns of the event loop: what is woken at once runs a few at a time, in its order."""

import socket
import time
from collections import Counter
from contextlib import closing

import gevent
import pytest
from gevent.hub import get_hub

from crawler.config import Timeout
from crawler.transport.connection import Connection
from crawler.transport.turns import TURN_S, Turns
from crawler.transport.visit_timer import VisitTimer

STEP_S = TURN_S / 4


class Loop:
    """Greenlets that are woken at once, each of which takes STEP_S of a clock of the test's own."""

    def __init__(self):
        self.now = 0.0
        self.turns = Turns(lambda: self.now)
        self.ran, self.turn = [], 0
        self.count = get_hub().loop.check(ref=False)
        self.count.start(self.begin)

    def begin(self):
        self.turn += 1

    def step(self, number):
        self.turns.give_way()
        self.now += STEP_S
        self.ran.append((number, self.turn))

    def close(self):
        self.turns.close()
        self.count.close()


@pytest.fixture
def loop():
    one = Loop()
    yield one
    one.close()


def test_many_that_are_woken_at_once_run_a_few_in_each_turn_and_in_their_order(loop):
    gevent.joinall([gevent.spawn(loop.step, number) for number in range(40)], raise_error=True)
    assert [number for number, _ in loop.ran] == list(range(40))
    each = Counter(turn for _, turn in loop.ran)
    assert max(each.values()) <= TURN_S / STEP_S + 1, each


def test_those_in_line_go_on_when_nothing_else_wakes_the_loop(loop):
    loop.step(0)
    loop.now += TURN_S
    with gevent.Timeout(5):
        loop.step(1)
    assert [number for number, _ in loop.ran] == [0, 1]


def test_one_that_is_killed_in_the_line_holds_up_nobody(loop):
    loop.step(0)
    loop.now += TURN_S
    waiting = [gevent.spawn(loop.step, number) for number in (1, 2, 3)]
    gevent.spawn(waiting[1].kill)
    gevent.joinall(waiting, timeout=5)
    assert [number for number, _ in loop.ran] == [0, 1, 3]


def test_timers_ring_between_the_turns(loop):
    rung = []
    greenlets = [gevent.spawn(loop.step, number) for number in range(40)]
    gevent.spawn_later(0.0, lambda: rung.append(len(loop.ran)))
    gevent.joinall(greenlets, raise_error=True)
    assert rung
    assert rung[0] < 40


class Counted(Turns):
    def __init__(self):
        super().__init__()
        self.asked = 0

    def give_way(self):
        self.asked += 1


def test_a_visit_asks_once_for_each_answer_that_it_is_woken_for():
    ours, theirs = socket.socketpair()
    turns = Counted()
    timer = VisitTimer(time.monotonic() + 5, Timeout(), turns)
    with timer, theirs, closing(Connection(ours, (None, "x:80", False), timer)) as connection:
        for asked in (1, 2):
            answering = gevent.spawn(
                theirs.sendall, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            )
            connection.ask(b"GET / HTTP/1.1\r\n\r\n")
            connection.answered()
            answering.get()
            assert turns.asked == asked
