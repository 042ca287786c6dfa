"""The contract of a frontier: owners that are dead, hosts that move, jobs with another name."""

import pytest

from crawler.errors import LeaseLostError
from crawler.frontier import AboutHost, Wake, changed
from crawler.frontier.wishes import ALL, GiveOrder, MakeWish, Order, Verb, WakeHost, Wisher
from crawler.records import Health, HostRecord, JobTerms, Rest
from tests.parts.frontiers import (
    LATER,
    NOW,
    done,
    gone,
    join,
    move,
    one_task,
    reclaim,
    seeds,
    take,
)
from tests.parts.ledgers import listed

EVERY_ENGINE = True

ME = Wisher("ana", "desk7", "")
FAILING = Health(backoff=900.0, failures=3, failing_since=NOW - 50, silent=True)


def host_of(frontier, name):
    (account,) = frontier.entry(AboutHost(name))
    return account.line.state


def test_who_was_taken_for_dead_hears_of_that_alone_and_heeds_nothing(frontier):
    owner = join(frontier, process=gone())
    changed(frontier, MakeWish(Verb.PAUSE, ALL, ME))
    assert changed(frontier, GiveOrder(Order.STOP, [owner], ME)).total() == 1
    heard = frontier.hear(owner, 0)
    assert list(heard.orders.values()) == [Order.STOP]
    reclaim(frontier, NOW)
    with pytest.raises(LeaseLostError):
        frontier.hear(owner, 0)
    with pytest.raises(LeaseLostError):
        frontier.heed(owner, heard.number)
    assert changed(frontier, GiveOrder(Order.STOP, [owner], ME)).total() == 0


def test_a_host_is_woken_though_its_holder_died_and_never_heard_of_it(frontier):
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier, process=gone())
    host = take(frontier, owner)["a:80"]
    resting = HostRecord(host.id, NOW + 900, health=FAILING, rest=Rest(NOW, NOW + 900))
    frontier.settle(owner, [], [resting])
    assert host_of(frontier, "a:80").failures == 3
    assert changed(frontier, WakeHost("a"))["hosts"] == 1
    frontier.settle(owner, [], [resting])  # it has not heard
    reclaim(frontier, NOW)
    state = host_of(frontier, "a:80")
    assert (state.failures, state.backoff, state.failing_since) == (0, 0.0, None)
    assert list(take(frontier, join(frontier))) == ["a:80"]


def test_a_host_that_moves_keeps_its_health_and_rest_and_finds_those_of_the_address(open_one):
    frontier = open_one()
    frontier.add("job", seeds("a", "b"), NOW)
    owner = join(frontier)
    hosts = take(frontier, owner)
    a, b = hosts["a:80"].id, hosts["b:80"].id
    there = HostRecord(b, NOW, address="2.2.2.2", address_rests=(("2.2.2.2", NOW - 3),))
    move(frontier, owner, [there])
    frontier.lease(owner, NOW, new=0, refills={}, idle=[there])
    before = HostRecord(a, NOW + 900, address="1.1.1.1", health=FAILING, rest=Rest(NOW, NOW + 900))
    frontier.settle(owner, [], [before])
    found = HostRecord(a, NOW + 900, address="2.2.2.2", health=FAILING, rest=before.rest)
    lease = frontier.lease(owner, NOW, new=0, refills={}, idle=[], found=[found])
    assert (lease.refused, lease.answered_at) == (frozenset(), {"2.2.2.2": NOW - 3})
    state = host_of(frontier, "a:80")
    assert (state.address, state.failures, state.failed_until) == ("2.2.2.2", 3, NOW + 900)


def test_a_host_that_may_not_move_goes_back_with_its_health_and_its_new_address(open_one):
    one, other = open_one(), open_one()
    one.add("job", seeds("a"), NOW)
    mine = join(one)
    a = take(one, mine)["a:80"].id
    one.add("job", seeds("b"), NOW)
    theirs = join(other)
    b = take(other, theirs)["b:80"].id
    move(other, theirs, [HostRecord(b, NOW, address="2.2.2.2")])
    found = HostRecord(a, NOW + 900, address="2.2.2.2", health=FAILING, rest=Rest(NOW, NOW + 900))
    assert move(one, mine, [found]) == {a}
    state = host_of(one, "a:80")
    assert (state.owner, state.address) == (None, "2.2.2.2")
    assert (state.failures, state.failed_until) == (3, NOW + 900)


def test_the_digest_of_a_job_that_gets_another_name_is_that_of_the_new_name(open_one):
    one, other = open_one(), open_one()
    other.configure([JobTerms("old", digest="1")], NOW)
    listed(other, "a/0", job="old")
    theirs, mine = join(other), join(one)
    other.lease(theirs, NOW, new=0, refills={}, idle=[])
    one.configure([JobTerms("new", digest="2", renamed_from="old")], NOW)
    done(one, mine, Wake())
    assert take(other, theirs) == {}, "nobody visits the old name any more"
    assert take(one, mine) == {}, "a list of the new name brings it"
    listed(one, "a/0", job="new")
    assert take(other, theirs, NOW + LATER) == {}, "it has an older text in force"
    other.configure([JobTerms("new", digest="2", renamed_from="old")], NOW)
    done(other, theirs, Wake())
    assert one_task(other, theirs, NOW + LATER).job == "new"
