"""The pool: how many workers there are."""

import gevent
import pytest
from gevent.event import Event

from crawler.worker.pool import Workers
from crawler.worker.worker import SURPLUS


class Visiting:
    """A worker whose first visit ends when the test says so, and whose second one never does."""

    task = None
    deadline = 0.0

    def __init__(self, scene: "Scene") -> None:
        self._scene = scene

    def run(self) -> str:
        for visit in (self._scene.first, Event()):
            if self._scene.pool.leave():
                return SURPLUS
            visit.wait()
        raise AssertionError("the second visit ended")


class Scene:
    """A pool whose first visits all end in one turn of the loop."""

    def __init__(self) -> None:
        self.first = Event()
        self.ended = []
        self.pool = Workers(3, lambda *_: Visiting(self), print, self.ended.append)
        self.pool.fill()
        gevent.idle()

    def end_first_visits(self) -> None:
        self.first.set()
        gevent.idle()

    def hear(self) -> int:
        """Hear of all ends, as the supervisor does some turns later; return how many are left."""
        for greenlet in self.ended:
            assert not self.pool.bury(greenlet)
        return len(self.pool)


@pytest.fixture
def scene():
    scene = Scene()
    yield scene
    scene.pool.kill(5)


def test_more_workers_come_at_once_and_those_too_many_leave_after_their_visit(scene):
    scene.pool.resize(5)
    gevent.idle()
    scene.pool.resize(2)
    gevent.idle()
    assert scene.hear() == 5
    scene.end_first_visits()
    assert scene.hear() == 2


def test_a_number_that_is_raised_while_workers_leave_is_that_of_those_who_stay(scene):
    scene.pool.resize(1)
    scene.end_first_visits()
    scene.pool.resize(4)
    assert scene.hear() == 4
