"""What a process hears is in force at once, and said as soon as the ledger can be written."""

import contextlib
import sqlite3

import gevent
import pytest

from crawler.config import Settings
from crawler.daemon.configuration import Configuration
from crawler.daemon.reloading import Reloader
from crawler.daemon.wishes.hearing import Hearing
from crawler.frontier import changed
from crawler.frontier.wishes import (
    ALL,
    GiveOrder,
    MakeWish,
    Order,
    Scope,
    Subject,
    TakeBackWish,
    Verb,
    WakeHost,
    Wisher,
)
from crawler.model import Kind
from crawler.policy.backoff import FAILURES_TO_REST
from crawler.store import Files
from tests.parts.feeder.work import Work
from tests.parts.ledgers import execute
from tests.parts.logs import Silence

URLS = [f"http://a/{number}" for number in range(9)]


@pytest.fixture
def work(frontier, tmp_path):
    with Files(tmp_path / "files", durable=False) as files:
        yield Work(frontier, files, delay=0, attempts=100)


@pytest.fixture
def told():
    """What the process was told to do, in turn."""
    return []


@pytest.fixture
def hearing(work, told):
    """The hearing of a process at work."""
    configuration = Configuration(Settings(jobs=work.settings().jobs))
    reloader = Reloader(None, configuration, None, Silence(), work.wall)
    return Hearing(
        work.frontier, work.owner, Silence(), feeder=work.feeder, reloader=reloader,
        wake=lambda: None, set_=lambda: None,
        orders={order: lambda order=order: told.append(order) for order in Order},
        monotonic=lambda: work.now,
    )  # fmt: skip


@contextlib.contextmanager
def held(work, *, at_once=True):
    """Have another program hold the ledger: what is written fails at once, or waits."""
    if at_once:
        work.frontier.hurry(0.0)
    state = work.frontier._frontier.frontier._file.state
    with contextlib.closing(sqlite3.connect(state, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


def look(hearing):
    """Look, and say what was heard, as a process does."""
    hearing.look()
    hearing.say()


def heard(work):
    (member,) = work.frontier.sums().members
    return member.heard == work.frontier.sums().wishes


def test_what_could_not_be_said_is_said_with_the_next_look_and_done_once(work, hearing, told):
    changed(work.frontier, GiveOrder(Order.RELOAD, [work.owner], Wisher()))
    with held(work):
        look(hearing)
        look(hearing)
        assert told == [Order.RELOAD]
        assert not heard(work)
    look(hearing)
    assert heard(work)
    assert told == [Order.RELOAD]
    assert not work.frontier.hear(work.owner, 0).orders


def test_failures_count_again_after_a_wake_of_which_the_ledger_was_told_late(work, hearing):
    work.add(*URLS)
    look(hearing)
    changed(work.frontier, WakeHost("a"))
    with held(work):
        look(hearing)
    look(hearing)
    for _ in range(FAILURES_TO_REST):
        work.now += 10
        look(hearing)
        ((_, task), *_) = work.starts(0.9)
        work.end(task, Kind.TIMEOUT, status=None, after=1.0)
    state = work.frontier._frontier.frontier._file.state
    assert execute(state, "SELECT failures FROM host") == [(FAILURES_TO_REST,)]


def test_a_pause_is_in_force_while_the_ledger_cannot_be_written(work, hearing):
    work.add(*URLS)
    work.lease()
    changed(work.frontier, MakeWish(Verb.PAUSE, ALL, Wisher()))
    with held(work):
        look(hearing)
        work.feeder.leaser.lease_at = work.now + 1000
        assert work.starts(0.5) == []


def test_a_look_waits_for_nobody_who_writes(work, hearing):
    changed(work.frontier, MakeWish(Verb.PAUSE, ALL, Wisher()))
    with held(work, at_once=False), gevent.Timeout(5):
        hearing.look()
    assert work.own_hosts.withdrawal.paused.everything
    assert not heard(work)
    hearing.say()
    assert heard(work)


def test_wishes_that_overlap_are_each_in_force_until_they_are_taken_back(work, hearing):
    work.add(*URLS)
    subjects = [
        ALL,
        Subject(Scope.JOB, "job"),
        Subject(Scope.HOST, "a"),
        Subject(Scope.HOST, "a:80"),
    ]
    for subject in subjects:
        changed(work.frontier, MakeWish(Verb.PAUSE, subject, Wisher()))
    for subject in subjects:
        look(hearing)
        assert work.starts(0.9) == [], f"{subject} is paused"
        changed(work.frontier, TakeBackWish(Verb.PAUSE, subject))
    look(hearing)
    assert work.starts(0.9)


def test_a_process_that_was_stopped_begins_nothing_before_it_has_heard(work, hearing):
    work.add(*URLS)
    hearing.look()
    work.lease()
    changed(work.frontier, MakeWish(Verb.PAUSE, ALL, Wisher()))
    work.now += 60
    work.feeder.leaser.lease_at = work.now + 1
    assert work.starts() == []
    hearing.look()
    assert work.starts(0.9) == []
    changed(work.frontier, TakeBackWish(Verb.PAUSE, ALL))
    hearing.look()
    assert work.starts(0.9)


def test_a_visit_that_was_handed_off_before_the_process_was_stopped_waits_until_it_has_heard(
    work, hearing
):
    work.add(*URLS)
    hearing.look()
    work.lease()
    (host,) = work.own_hosts.hosts.values()
    task = host.tasks.popleft()
    work.own_hosts.handed_off(host, task, work.now)
    work.now += 60
    assert not work.feeder.begun(task)
    hearing.look()
    assert task in [one for _, one in work.starts(0.9)]


def test_nothing_begins_before_the_first_look(work, hearing):
    work.add(*URLS)
    assert work.starts(0.5) == []
    hearing.look()
    assert work.starts(0.5)
