"""The contract of a frontier: which times a retry, a wake and a clock that went back leave."""

from dataclasses import replace

import pytest

from crawler.frontier import AboutHost, BringBack, Retry, Wanted, changed
from crawler.frontier.actions import RetryUrl
from crawler.frontier.wishes import WakeHost
from crawler.model import DAY_S, Kind
from crawler.records import Again, Dead, Done, Health, HostRecord, JobTerms, Rest, Robots
from tests.parts.desk import at, rows
from tests.parts.frontiers import NOW, done, join, seeds, settled, take

EVERY_ENGINE = True

NAMES = ("early", "late", "dead")


def due(frontier):
    """When each URL is due, by its host."""
    return {entry.host.partition(":")[0]: entry.due_at for entry in rows(frontier, Wanted())}


@pytest.fixture
def failed(frontier):
    """Three URLs: one was due at NOW + 1, one is to be tried again, one was given up."""
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds(*NAMES), NOW)
    owner = join(frontier)
    hosts = take(frontier, owner)
    verdicts = zip(NAMES, (Again(NOW + 1), Again(NOW + 900), Dead("why")), strict=True)
    for name, verdict in verdicts:
        (task,) = hosts[f"{name}:80"].tasks
        frontier.settle(owner, [settled(task, Kind.TIMEOUT, verdict)], [])
    frontier.leave(owner, [], NOW)
    return frontier


@pytest.mark.parametrize("single", [True, False])
def test_what_is_retried_is_due_now_and_keeps_its_place_if_it_was_due_before(failed, single):
    at(failed, NOW + 9)
    actions = [RetryUrl(f"http://{n}/0") for n in NAMES] if single else [Retry(Wanted())]
    assert sum(changed(failed, action).total() for action in actions) == 3
    assert due(failed) == {"early": NOW + 1, "late": NOW + 9, "dead": NOW + 9}


def test_a_host_that_is_woken_rests_no_longer_and_its_urls_come_no_later(failed):
    owner = join(failed)
    at(failed, NOW + 9)
    assert changed(failed, WakeHost("late")) == {"hosts": 1, "urls": 1}
    assert changed(failed, WakeHost("early")) == {"hosts": 1, "urls": 0}
    assert due(failed)["late"] == NOW + 9
    assert due(failed)["early"] == NOW + 1
    host = take(failed, owner, NOW + 9)["late:80"].id
    record = HostRecord(
        host, NOW + 500, gap=2.0, health=Health(failures=2), rest=Rest(NOW + 9, NOW + 500, NOW + 40)
    )
    failed.lease(owner, NOW + 9, new=0, refills={}, idle=[record])
    for force, rests_until in ((False, NOW + 40), (True, NOW + 11)):
        changed(failed, WakeHost("late", force))
        (account,) = failed.entry(AboutHost("late:80"))
        assert account.line.state.next_at == rests_until


def test_a_clock_that_went_back_leaves_waits_as_long_as_they_were_and_nothing_beyond(frontier):
    ahead = NOW + 5 * DAY_S
    frontier.configure([JobTerms("job", obeys=True)], NOW)
    frontier.add("job", seeds(*NAMES), ahead)
    owner = join(frontier, ahead)
    for host in take(frontier, owner, ahead).values():
        (task,) = host.tasks
        origin = f"http://{host.key.removesuffix(':80')}"
        rules = Robots(f"{origin}:80", b"", 200, ahead, ahead + DAY_S, ahead + DAY_S)
        read = replace(settled(task, Kind.STORED, Done(), ahead), robots=rules)
        frontier.settle(owner, [read], [])
    verdicts = dict(zip(NAMES, (Again(ahead + 1), Again(ahead + 900), Done()), strict=True))
    for host in take(frontier, owner, ahead, refills=dict.fromkeys(range(1, 9), 2)).values():
        for task in host.tasks:
            verdict = verdicts[host.key.removesuffix(":80")]
            frontier.settle(owner, [settled(task, Kind.TIMEOUT, verdict, ahead)], [])
    done(frontier, owner, BringBack(), NOW)
    found = {entry.host.partition(":")[0]: entry for entry in rows(frontier, Wanted())}
    assert found["early"].due_at == NOW + 1
    assert found["late"].due_at == NOW + 900
    assert (found["dead"].finished_at, found["dead"].due_at) == (NOW, NOW)
    (account,) = frontier.entry(AboutHost("late:80"))
    assert account.line.state.rules_until == NOW + DAY_S
