"""The queue of an address: its slots, its turns, its end."""

import pytest

from crawler.feeder.host import LONG_REST_S
from crawler.feeder.shared_addresses import MAX_LINE, MIN_LINE, AddressQueue
from crawler.policy.host_limits import HostLimits
from crawler.policy.politeness import HostPace
from tests.policy.feeder.hosts import X, Y, end, held_at, park, start


def test_hosts_at_one_address_share_its_slots_and_take_turns():
    held, (one, two, three, other) = held_at(X, X, X, Y)
    task, began, freed = start(held, one)
    assert (began, freed) == (True, [])
    assert held.addresses.allows(two, 1e9) is None
    assert held.addresses.allows(other, 1e9) is not None
    park(held, two, three)
    assert end(held, task) == [two]
    assert held.addresses.allows(two, 1e9) is not None
    assert not two.queued


def test_one_that_has_nothing_to_visit_any_more_keeps_nobody_from_an_address():
    held, (one, gone, moved, late, next_one) = held_at(X, X, X, X, X)
    task, _, _ = start(held, one)
    park(held, gone, moved, late, next_one)
    gone.tasks.clear()  # they went back
    moved.address = Y
    late.pace.asked_to_wait(1e12)
    assert end(held, task) == [moved, late, next_one]
    assert held.addresses.next_in(X, 0.0) == []


def test_the_limit_of_addresses_may_change_while_visits_are_under_way():
    held, (one, two, three) = held_at(X, X, X, slots=2)
    tasks = [start(held, one)[0], start(held, two)[0]]
    held.addresses.review(HostLimits(per_host=1))
    end(held, tasks[0])
    assert held.addresses.allows(three, 1e9) is None
    held.addresses.limits = None
    end(held, tasks[1])
    tasks = [start(held, one)[0], start(held, two)[0]]
    held.addresses.review(HostLimits(per_host=1))
    for task in tasks:
        end(held, task)
    assert held.addresses.allows(three, 1e9) is not None
    start(held, three)
    assert held.addresses.allows(three, 1e9) is None


def test_a_line_takes_no_more_than_it_can_serve_soon_and_tells_the_others_when_to_come():
    held, hosts = held_at(*[X] * (3 * MAX_LINE))
    first, *others = hosts
    start(held, first)
    for host in others:
        host.queued = True
        at = held.addresses.line_up(host, None, 0)
        assert at is None or at == host.pace.next_at
    sent = [host.pace.next_at for host in others if host.pace.next_at > 0]
    assert len(sent) == 2 * MAX_LINE - 1
    assert sent == sorted(set(sent))
    assert sent[0] > LONG_REST_S
    assert all(host.rests_long(0) for host in others if host.pace.next_at > 0)


def test_who_waits_for_an_address_to_have_rested_lines_up_behind_one_who_is_expected():
    held, (one, two, three) = held_at(X, X, X)
    held.addresses.review(HostLimits(delay=5, per_host=2))
    task, _, _ = start(held, one)
    at = held.addresses.allows(two, 0)
    assert at > 0
    assert held.addresses.line_up(two, at, 0) == at
    assert held.addresses.line_up(three, at, 0) is None
    assert end(held, task) == [three]
    assert held.addresses.line_up(three, at, at) == at, "the one expected has come by then"


def test_a_line_that_turns_out_to_be_slow_sends_its_end_away():
    held, hosts = held_at(*[X] * 100)
    first, *others = hosts
    park(held, *others)
    queue = held.addresses._queue(X, 0.0)
    queue.ended_at, now = 0.0, 10.0
    task = first.tasks.popleft()
    held.handed_off(first, task, 0.0)
    held.addresses.begun(task, now)
    gone = held.addresses.finished(task, 10.0, now)
    assert queue.room == MIN_LINE
    assert gone[-1] is others[0]
    assert gone[:-1] == others[: MIN_LINE - 1 : -1]
    assert len(queue.line) == MIN_LINE - 1
    assert all(host.pace.next_at > now + LONG_REST_S for host in gone[:-1])


def test_when_a_line_is_empty_others_may_come_before_those_that_were_told_to():
    queue = AddressQueue(HostPace(0.0), booked=1000.0)
    queue.ended(10.0)
    (host,) = held_at(X)[1]
    queue.send_away(host, 10.0)
    assert 10.0 + LONG_REST_S < host.pace.next_at < 10.1 + LONG_REST_S


@pytest.mark.parametrize("pace", [0.001, 0.05, 1.0])
def test_a_line_knows_how_fast_it_moves(pace):
    queue, now = AddressQueue(HostPace(0.0)), 1000.0
    queue.ended_at = now
    queue.line.append(None)
    for _ in range(300):
        now += pace
        queue.ended(now)
    assert queue.visit_gap == pytest.approx(pace, rel=0.01)
    assert queue.room == pytest.approx(max(MIN_LINE, min(MAX_LINE, LONG_REST_S / pace)), rel=0.02)
    queue.line.clear()
    queue.ended(now + 3600)
    assert queue.visit_gap == pytest.approx(pace, rel=0.01), "idle time is no wait"
