"""The feeder: what it hands off when, and what it looks for."""

import time

import gevent
import pytest
from gevent.event import Event
from gevent.queue import Queue

from crawler.config import Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.errors import LocalFaultError
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.model import Kind, Outcome, Visited
from crawler.records import JobTerms
from tests.parts.frontiers import join, seed
from tests.parts.logs import Silence


@pytest.fixture
def handoff():
    return Queue(16)


@pytest.fixture
def feeder(frontier, handoff):
    frontier.configure([JobTerms("job", per_host=500)], time.time())
    settings = Settings(jobs=(Job(name="job", urls=("http://a/",), delay=0, per_host=500),))
    held = OwnHosts(HostOverrides(settings), None, Silence())
    owner = join(frontier, time.time())
    feeder = Feeder(frontier, owner, handoff, 500, held, deliver=handoff.put)
    running = [gevent.spawn(feeder.run), gevent.spawn(feeder.leaser.run)]
    yield feeder
    gevent.killall(running)


def add(frontier, feeder, *numbers):
    seeds = [seed(f"http://a/{number}") for number in numbers]
    frontier.add("job", seeds, time.time())
    feeder.leaser.look()


def test_others_have_their_turn_while_many_visits_begin(frontier, feeder, handoff):
    """An idle worker that is handed a task begins at once, within the same turn of the loop."""

    def worker():
        feeder.begun(handoff.get())
        until = time.monotonic() + 0.002
        while time.monotonic() < until:
            pass
        gevent.sleep(10)

    workers = [gevent.spawn(worker) for _ in range(500)]
    gevent.sleep(0.01)
    try:
        add(frontier, feeder, *range(500))
        began, longest = time.monotonic(), 0.0
        while feeder.busy < 500:
            before = time.monotonic()
            gevent.sleep(0.001)
            longest = max(longest, time.monotonic() - before)
        assert longest < (time.monotonic() - began) / 2, "half of what all of them take"
    finally:
        gevent.killall(workers)


def test_what_is_in_memory_is_handed_off_while_the_ledger_is_busy(
    frontier, feeder, handoff, monkeypatch
):
    add(frontier, feeder, *range(40))
    with gevent.Timeout(5):
        while frontier.sums().counts.leased < 40:  # sixteen of them fit into the hand-off
            gevent.sleep(0.01)
    asked, answer, lease = Event(), Event(), frontier.lease

    def late(*args, **options):
        asked.set()
        answer.wait()
        return lease(*args, **options)

    monkeypatch.setattr(frontier, "lease", late)
    feeder.leaser.look_at(time.monotonic())
    try:
        assert asked.wait(5)
        assert all(feeder.begun(handoff.get(timeout=5)) for _ in range(40))
    finally:
        answer.set()


def test_outcomes_of_a_host_with_more_under_way_bring_no_lease_unless_they_lead_on(
    frontier, feeder, handoff
):
    add(frontier, feeder, *range(40))
    first, second, third = (handoff.get(timeout=5) for _ in range(3))
    for task in (first, second, third):
        feeder.begun(task)
        feeder.finished(Visited(task, Outcome(Kind.STORED, 200), time.monotonic()))
    feeder.leaser.lease_at = at = time.monotonic() + 60
    feeder.settled([first, second])
    assert feeder.leaser.lease_at == at
    feeder.settled([third], elsewhere=True)
    assert feeder.leaser.lease_at < at


def test_what_a_host_lacks_while_a_lease_is_under_way_is_told_after_it(
    frontier, feeder, handoff, monkeypatch
):
    """That lease may bring it: another one beside it would find nothing to do."""
    refills, looks, lease = feeder.leaser.refills, [], frontier.lease

    def noted(*args, **options):
        (host,) = feeder._own_hosts.hosts.values()
        host.exhausted = False
        refills.note(host, time.monotonic())
        looks.append(feeder.leaser.lease_at - time.monotonic())
        monkeypatch.setattr(frontier, "lease", lease)
        return lease(*args, **options)

    add(frontier, feeder, *range(40))
    feeder.begun(handoff.get(timeout=5))
    monkeypatch.setattr(frontier, "lease", noted)
    feeder.leaser.look_at(time.monotonic())
    with gevent.Timeout(5):
        while not looks:
            gevent.sleep(0.01)
    assert looks[0] > 0.5
    with gevent.Timeout(0.5):
        while not all(host.exhausted for host in feeder._own_hosts.hosts.values()):
            gevent.sleep(0.01)


def test_what_was_not_given_back_for_a_fault_of_the_disk_is_visited_later(
    frontier, feeder, handoff, monkeypatch
):
    """A lease that fails leaves hosts and tasks in memory as they were."""
    add(frontier, feeder, 1, 2)
    first = handoff.get(timeout=5)
    second = handoff.get(timeout=5)
    assert feeder.begun(first)
    assert feeder.begun(second)
    (host,) = feeder._own_hosts.hosts.values()
    with gevent.Timeout(5):
        while not host.exhausted:
            gevent.sleep(0.01)
    now = time.monotonic()
    feeder.finished(Visited(first, Outcome(Kind.STORED, 200), now))
    feeder.finished(Visited(second, Outcome(Kind.STORED, 200), now))
    failed, lease = Event(), frontier.lease

    def fails(*args, **options):
        monkeypatch.setattr(frontier, "lease", lease)
        failed.set()
        raise LocalFaultError("no room")

    monkeypatch.setattr(frontier, "lease", fails)
    feeder.settled([first, second])  # the host is spent and goes back, but that fails
    assert failed.wait(5)
    again = gevent.spawn(feeder.leaser.run)  # as the supervisor would
    try:
        with gevent.Timeout(5):
            while feeder.owed():
                gevent.sleep(0.01)
    finally:
        again.kill()


def test_a_job_that_asks_no_robots_txt_does_not_wait_for_that_of_another(frontier, feeder, handoff):
    rules = [JobTerms("job", per_host=500, obeys=True), JobTerms("free", per_host=500, obeys=False)]
    frontier.configure(rules, time.time())
    frontier.add("free", [seed(f"http://a/{number}", "free") for number in range(8)], time.time())
    add(frontier, feeder, 100)
    urls = set()
    with gevent.Timeout(0.8):  # before it is asked again because it ran dry
        while len(urls) < 9:
            task = handoff.get()
            assert feeder.begun(task)
            urls.add(task.url)
    assert urls == {"http://a/robots.txt", *(f"http://a/{number}" for number in range(8))}


def test_a_host_whose_tasks_could_not_be_leased_for_a_fault_of_the_disk_gets_them_later(
    frontier, feeder, handoff, monkeypatch
):
    failed, lease = Event(), frontier.lease

    def fails(*args, refills, **options):
        if refills and not failed.is_set():
            failed.set()
            raise LocalFaultError("no room")
        return lease(*args, refills=refills, **options)

    monkeypatch.setattr(frontier, "lease", fails)
    add(frontier, feeder, *range(12))
    assert all(feeder.begun(handoff.get(timeout=5)) for _ in range(2))
    assert failed.wait(5)  # nothing happens to the host now that would have it looked for
    again = gevent.spawn(feeder.leaser.run)
    try:
        assert all(feeder.begun(handoff.get(timeout=5)) for _ in range(10))
    finally:
        again.kill()
