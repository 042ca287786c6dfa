"""The dispatcher: what is due is told, in its order, by one delivery of a hook at a time."""

import time
from contextlib import contextmanager
from pathlib import Path

import gevent
import pytest
from gevent.event import Event as Signal

from crawler.config import Job
from crawler.errors import LocalFaultError
from crawler.frontier.outbox import MAX_WAITING, Event
from crawler.hooks import dispatcher
from crawler.hooks.account import Account
from crawler.hooks.dispatcher import Dispatcher
from crawler.hooks.events import body_of
from crawler.hooks.recorder import Recorder
from crawler.hooks.results import delivered, failed_whole
from tests.parts.frontiers import join
from tests.parts.logs import Records
from tests.program import until

EVERY_ENGINE = True
GONE, KEPT = {"post": "http://gone.example/"}, {"post": "http://kept.example/"}


class Told:
    """A way of telling hooks that remembers, and does as it is told."""

    def __init__(self):
        self.ids = []
        self.fails = 0
        self.goes_on = Signal()
        self.goes_on.set()
        self.at_once = self.most_at_once = 0

    def number(self, _, *, failing):
        return 1 if failing else 100

    def deliver(self, _, waiting):
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            self.goes_on.wait()
        finally:
            self.at_once -= 1
        if self.fails:
            self.fails -= 1
            return failed_whole(waiting, "HTTP status 500")
        self.ids += [one.id for one in waiting]
        return delivered(waiting)


class Scene:
    """A dispatcher on a ledger, and all that it tells."""

    def __init__(self, frontier, *hooks, superseded=False):
        self.frontier, self.owner = frontier, join(frontier, time.time())
        self.recorder = Recorder([], Path("/out"), "m7", frontier.now)
        self.log, self.counted, self.troubles = Records(), {}, {}
        account = Account(self.log, self._count, self._stands)
        self.told = Told()
        self.dispatcher = Dispatcher(
            frontier, self.owner, self.recorder, self.told, account, lambda: superseded
        )
        self.take_up(*hooks)

    def _count(self, _, word, number):
        self.counted[word] = self.counted.get(word, 0) + number

    def _stands(self, name, words):
        self.troubles[name] = words

    def take_up(self, *hooks):
        job = {"name": "job", "urls": ["http://h/"], "on": {"stored": list(hooks)}}
        self.recorder.take_up([Job.model_validate(job)])
        self.dispatcher.reload()

    def looks(self):
        """Wake the dispatcher again and again; return its looks at the ledger from now on."""
        looks, outlook = [], self.frontier.frontier.outlook

        def look(*asked):
            looks.append(asked)
            self.dispatcher._wake.set()
            return outlook(*asked)

        self.frontier.frontier.outlook = look
        self.dispatcher._wake.set()
        return looks

    def note(self, *ids, lane=1):
        (hook,) = self.recorder.hooks
        events = [Event(hook, one, lane, body_of({"id": one})) for one in ids]
        self.frontier.note(self.owner, events)
        self.dispatcher._wake.set()

    @contextmanager
    def running(self):
        service = gevent.spawn(self.dispatcher.run)
        try:
            yield service
        finally:
            service.kill()


@pytest.fixture
def scene(frontier):
    def made(*hooks, **options):
        return Scene(frontier, *(hooks or (KEPT,)), **options)

    return made


def test_events_are_told_in_their_order_over_failures(scene, monkeypatch):
    one = scene()
    one.told.fails = 2
    one.note("a", "b", "c")
    with one.running():
        until(lambda: len(one.told.ids) == 3, "not all is told")
        until(lambda: one.dispatcher.idle, "it does not come to rest")
    assert one.told.ids == ["a", "b", "c"]
    assert one.counted == {"failed": 4, "delivered": 3}
    assert [name for name, _ in one.log.events] == ["hook.failed", "hook.resumed"]
    assert list(one.troubles.values()) == [""]


def test_a_hook_that_fails_is_told_of_once_without_its_path(scene):
    one = scene({"post": "http://kept.example/SECRET"})
    one.told.fails = 2
    one.note("a")
    with one.running():
        until(lambda: one.counted.get("failed") == 2, "it does not fail")
        (trouble,) = one.troubles.values()
    assert trouble == "hook post http://kept.example of job fails: HTTP status 500"
    assert len(one.log.told("hook.failed")) == 1


def test_an_event_is_given_up_after_its_attempts_and_the_next_one_is_told(scene):
    one = scene(KEPT | {"attempts": 1})
    one.told.fails = 1
    one.note("a")
    with one.running():
        (line,) = until(lambda: one.log.told("hook.given_up"), "it is tried for ever")
        one.note("b")
        until(lambda: one.told.ids == ["b"], "the next one is not told")
    assert (line["event_id"], line["attempts"], line["cause"]) == ("a", 1, "HTTP status 500")


def test_a_hook_has_one_delivery_at_a_time_and_is_waited_for_at_a_stop(scene):
    one = scene()
    one.told.goes_on.clear()
    one.note("a")
    with one.running():
        until(lambda: one.told.at_once, "nothing is told")
        one.note("b", lane=2)
        looks = one.looks()
        until(lambda: len(looks) > 2, "nobody looks")
        waiting = gevent.spawn(one.dispatcher.finish, lambda: float("inf"))
        gevent.sleep(0.3)
        assert not waiting.dead
        one.told.goes_on.set()
        until(lambda: waiting.dead, "the stop waits for ever")
    assert (one.told.ids, one.told.most_at_once) == (["a"], 1)


def test_hooks_that_fail_and_hang_leave_room_for_others(scene):
    bad = [{"post": f"http://bad{number}.example/"} for number in range(dispatcher.MAX_AT_ONCE)]
    one = scene(*bad)
    one.told.fails = 10**9
    for hook in one.recorder.hooks:
        one.frontier.note(one.owner, [Event(hook, "a", 1, body_of({"id": "a"}))])
    one.dispatcher._wake.set()
    with one.running():
        until(lambda: len(one.troubles) == len(bad), "not all have failed")
        one.told.goes_on.clear()
        until(lambda: one.told.at_once == dispatcher.MAX_FAILING, "they are not tried again")
        looks = one.looks()
        until(lambda: len(looks) > 2, "nobody looks")
        assert one.told.at_once == dispatcher.MAX_FAILING
        one.told.goes_on.set()


def test_a_hook_that_is_gone_is_dropped_with_its_events(scene):
    one = scene(GONE)
    one.told.fails = 99
    one.note("a", "b")
    with one.running():
        until(lambda: one.troubles, "it does not fail")
        one.take_up(KEPT)
        (line,) = until(lambda: one.log.told("hook.dropped"), "it is not dropped")
    assert (line["hook"], line["events"]) == ("post http://gone.example", 2)
    assert one.counted["dropped"] == 2
    assert list(one.troubles.values()) == [""]


def test_a_process_of_an_older_text_drops_nothing_that_it_does_not_know(scene):
    Scene(scene().frontier, GONE).frontier.enlist(join(scene().frontier), [])
    one = scene(GONE)
    with one.running():
        until(lambda: one.dispatcher.idle, "it does not look")
    other = scene(KEPT, superseded=True)
    with other.running():
        until(lambda: other.dispatcher.idle, "it does not look")
    assert not other.log.told("hook.dropped")


def test_too_many_events_are_given_up_from_the_oldest_on(scene, monkeypatch):
    monkeypatch.setattr(dispatcher, "MAX_WAITING", 3)
    one = scene()
    one.told.goes_on.clear()
    one.note(*"abcdef")
    with one.running():
        (line,) = until(lambda: one.log.told("hook.given_up"), "all of them wait")
        one.told.goes_on.set()
        until(lambda: one.told.ids == list("def"), "the others are not told")
    assert line["events"] == 3
    assert MAX_WAITING > 3


def test_a_ledger_that_cannot_be_asked_ends_the_service_and_loses_nothing(scene, monkeypatch):
    one = scene()

    def broken(*_):
        raise LocalFaultError("the disk is full")

    one.note("a")
    with monkeypatch.context() as patched:
        patched.setattr(one.frontier.frontier, "told", broken)
        with one.running() as service:
            until(lambda: service.dead, "it goes on")
            assert isinstance(service.exception, LocalFaultError)
    with one.running():
        until(lambda: one.told.ids == ["a", "a"], "it is not told again")


def test_without_a_hook_the_ledger_is_asked_once(scene, monkeypatch):
    one = scene()
    one.take_up()
    asked = []
    for verb in ("outlook", "take", "trim", "note"):
        monkeypatch.setattr(one.frontier.frontier, verb, lambda *_: asked.append(1))
    with one.running():
        gevent.sleep(0.3)
    assert not asked
