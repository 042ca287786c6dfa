"""The hosts of a process: who may begin, who moves, what they owe."""

import pytest

from tests.policy.feeder.hosts import OFFSET, X, Y, end, held_at, park, start


def test_who_waits_for_an_address_goes_on_when_a_visit_turns_out_to_be_elsewhere():
    held, (one, two) = held_at(X, X)
    task = one.tasks.popleft()
    held.handed_off(one, task, 0.0)
    park(held, two)
    assert held.begun(held.hosts[task.host_id], task, Y, 0.0) == (False, [two])
    assert held.addresses.allows(two, 1e9) is not None


@pytest.mark.parametrize("before", [None, X])
def test_a_host_found_at_another_address_is_visited_once_that_is_its_own(before):
    held, (one, other) = held_at(before, Y)
    started, _, _ = start(held, other)
    task, began, _ = start(held, one, Y)
    assert not began
    assert one.tasks[0] is task
    assert (one.pace.busy, one.pace.pending) == (0, 0)
    assert (one.address, one.ready_at(), one.missing_tasks(0)) == (before, None, 0)
    assert held.moving() == [one]
    assert [(rest.id, rest.address) for rest in held.found([one], OFFSET)] == [(1, Y)]
    assert [rest.address for rest in held.owed([1], OFFSET)] == [before]
    held.moved(one, 0.0, 0.0)
    assert (one.address, one.ready_at(), held.moving()) == (Y, 0, [])
    assert held.addresses.allows(one, 1e9) is None
    park(held, one)
    assert end(held, started) == [one]
    assert start(held, one)[:2] == (task, True)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_host_moves_when_no_visit_where_it_was_is_open_and_leaves_no_slot_behind(order):
    held, (one, at_x, at_y) = held_at(X, X, Y, per_host=3, slots=2)
    tasks = [start(held, one)[0], start(held, one)[0]]
    assert not start(held, one, Y)[1]
    for which in order:
        assert held.moving() == []
        end(held, tasks[which])
        assert held.moving() == []
        held.settled([tasks[which]])
    assert held.moving() == [one]
    held.moved(one, 0.0, 0.0)
    for host in (at_x, at_y):
        start(held, host)
        assert held.addresses.allows(host, 1e9) is not None
        start(held, host)
        assert held.addresses.allows(host, 1e9) is None


def test_two_visits_handed_off_before_a_host_moved_move_with_it():
    held, (one, at_x) = held_at(X, X, per_host=2, slots=2)
    tasks = [one.tasks.popleft(), one.tasks.popleft()]
    for task in tasks:
        held.handed_off(one, task, 0.0)
    assert [held.begun(one, task, Y, 0.0)[0] for task in tasks] == [False, False]
    assert held.addresses.allows(at_x, 1e9) is not None
    assert (one.pace.busy, held.moving()) == (0, [one])
    held.moved(one, 0.0, 0.0)
    assert [start(held, one)[1] for _ in range(2)] == [True, True]
    assert held.addresses.allows(one, 1e9) is None


def test_a_host_that_was_given_back_moves_nowhere():
    held, (one,) = held_at(None)
    start(held, one, Y)
    held.drop(one)
    assert (held.moving(), held.hosts, len(one.tasks)) == ([], {}, 0)


def test_without_a_limit_nobody_asks_where_a_host_is():
    held, (one,) = held_at(None)
    held.addresses.limits = None
    assert start(held, one, Y)[1]
    assert held.moving() == []


def test_a_visit_that_ends_before_it_begins_leaves_its_slot_to_the_next():
    held, (one, two) = held_at(X, X)
    task = one.tasks.popleft()
    held.handed_off(one, task, 0.0)
    park(held, two)
    assert end(held, task) == [two]
    assert one.pace.next_at <= 0
