"""The contract of a frontier: events leave the outbox, in the order of their lane."""

from crawler.frontier import Hooks
from crawler.frontier.outbox import Told
from crawler.frontier.values import LEASE_S, STALLED_FACTOR
from crawler.model import Kind
from crawler.records import Dead, Done, JobTerms
from tests.parts.frontier.sql.outbox.scenes import (
    HOOK,
    OTHER,
    TERMS,
    event,
    names,
    notices,
    taken,
    told,
)
from tests.parts.frontiers import NOW, beat, join, one_task, reclaim, seeds, settled, take

EVERY_ENGINE = True


def process(frontier):
    owner = join(frontier)
    frontier.enlist(owner, TERMS)
    return owner


def test_what_is_delivered_is_gone_and_what_failed_comes_again(frontier):
    owner = process(frontier)
    frontier.note(owner, [event("x", 1), event("y", 2)])
    x, y = taken(frontier, owner)
    frontier.told(owner, HOOK, Told([x.number], {y.number: 5.0}))
    assert taken(frontier, owner, NOW + 4) == []
    (again,) = taken(frontier, owner, NOW + 5)
    assert (again.id, again.attempts, again.age) == ("y", 1, 5.0)
    frontier.told(owner, HOOK, Told(given_up=[again.number]))
    assert frontier.outlook([HOOK], {}).due == {}


def test_no_event_is_taken_before_an_earlier_one_of_its_lane_is_delivered(frontier):
    owner, other = process(frontier), process(frontier)
    frontier.note(owner, [event("a1", 1), event("a2", 1), event("b1", 2)])
    first = taken(frontier, owner, number=1)
    assert names(first) == ["a1"]
    assert names(taken(frontier, other)) == ["b1"]
    told(frontier, owner, first, wait=9.0)
    assert taken(frontier, other, NOW + 8) == []
    assert names(taken(frontier, other, NOW + 9.5)) == ["a1", "a2"]


def test_events_of_a_lane_come_together_and_in_their_order(frontier):
    owner = process(frontier)
    frontier.note(owner, [event(f"e{number}", 1) for number in range(9)])
    assert names(taken(frontier, owner, number=5)) == [f"e{number}" for number in range(5)]
    assert taken(frontier, owner, NOW + 2) == []


def test_what_was_not_tried_is_taken_again_at_once(frontier):
    owner = process(frontier)
    frontier.note(owner, [event("x")])
    (x,) = taken(frontier, owner)
    frontier.told(owner, HOOK, Told(back=[x.number]))
    (again,) = taken(frontier, owner)
    assert (again.id, again.attempts) == ("x", 0)


def test_what_a_process_has_taken_that_leaves_or_dies_others_take(frontier):
    first, second = process(frontier), process(frontier)
    frontier.note(first, [event("x", 1), event("y", 2)])
    taken(frontier, first, number=1)
    taken(frontier, second)
    frontier.leave(first, [], NOW)
    late = NOW + LEASE_S * STALLED_FACTOR + 1
    reclaim(frontier, late)
    third = join(frontier, late)
    assert names(taken(frontier, third, late)) == ["x", "y"]


def test_a_process_that_begins_anew_frees_what_it_had_taken(frontier):
    owner = process(frontier)
    frontier.note(owner, [event("x")])
    taken(frontier, owner)
    frontier.enlist(owner, TERMS)
    assert taken(frontier, owner) == []
    frontier.enlist(owner, TERMS, begins=True)
    assert names(taken(frontier, owner)) == ["x"]


def test_what_another_process_has_taken_is_not_ended_by_this_one(frontier):
    owner, other = process(frontier), process(frontier)
    frontier.note(owner, [event("x")])
    (x,) = taken(frontier, owner)
    for said in (Told([x.number]), Told(failed={x.number: 1.0}), Told(back=[x.number])):
        frontier.told(other, HOOK, said)
    assert taken(frontier, other) == []
    assert frontier.outlook([HOOK], {}).taken


def test_a_hook_that_fails_rests_and_is_well_once_it_takes_something(frontier):
    owner = process(frontier)
    frontier.note(owner, [event("x", 1), event("y", 2), event("z", 3, hook=OTHER)])
    first = taken(frontier, owner, number=1)
    told(frontier, owner, first, wait=2.0, reason="HTTP status 500", rest=7.0)
    assert frontier.outlook([HOOK, OTHER], {}).due == {HOOK: 7.0, OTHER: 0.0}
    told(frontier, owner, taken(frontier, owner, NOW + 7), NOW + 7)
    frontier.note(owner, [event("more")])
    assert frontier.outlook([HOOK], {}).due == {HOOK: 0.0}


def test_a_failure_that_is_told_twice_counts_once(frontier):
    owner = process(frontier)
    frontier.note(owner, [event("x")])
    first = taken(frontier, owner)
    for _ in range(2):
        told(frontier, owner, first, wait=2.0, reason="refused", rest=7.0)
    (state, _) = frontier.entry(Hooks())
    assert (state.failures, state.reason, state.failing_since) == (1, "refused", NOW)
    (again,) = taken(frontier, owner, NOW + 2)
    assert again.attempts == 1


def test_a_step_of_the_clock_puts_no_event_off_and_none_ahead(frontier):
    owner = process(frontier)
    frontier.note(owner, [event("x")])
    told(frontier, owner, taken(frontier, owner), wait=5000.0)
    frontier.skew = 86_400.0
    for late in range(1, 401):
        beat(frontier, owner, NOW + 10.0 * late)
    assert frontier.now() == NOW + 4000 + 86_400, "the clock did not follow"
    assert frontier.outlook([HOOK], {}).due == {HOOK: 1000.0}


def test_a_job_is_over_once_each_url_has_had_its_end_and_is_told_so_once(frontier):
    owner = process(frontier)
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds("a", "b"), NOW)
    tasks = [task for host in take(frontier, owner).values() for task in host.tasks]
    over = event("over", 5)
    for task, is_over in zip(tasks, (False, True), strict=True):
        assert frontier.outlook([], {"job": False}).over == []
        assert not frontier.close_job(owner, "job", [over], scheduled=False)
        frontier.settle(
            owner, [settled(task, Kind.STORED, Done())], [], notices=notices(begun=["job"])
        )
        assert (frontier.outlook([], {"job": False}).over == ["job"]) is is_over
    assert frontier.close_job(owner, "job", [over], scheduled=False)
    assert not frontier.close_job(owner, "job", [over], scheduled=False)
    assert names(taken(frontier, owner)) == ["over"]


def test_a_job_is_not_over_while_a_list_of_it_is_read(frontier):
    owner = process(frontier)
    frontier.add("job", seeds("a"), NOW)
    frontier.begin_pass(owner, "job", "list")
    ended = settled(one_task(frontier, owner), Kind.NOT_FOUND, Dead("gone"))
    frontier.settle(owner, [ended], [], notices=notices(begun=["job"]))
    assert frontier.outlook([], {"job": False}).over == []


def test_what_is_due_again_by_schedule_keeps_no_scheduled_job_from_its_end(frontier):
    owner = process(frontier)
    frontier.add("job", seeds("a"), NOW)
    ended = settled(one_task(frontier, owner), Kind.STORED, Done(NOW + 60))
    frontier.settle(owner, [ended], [], notices=notices(begun=["job"]))
    assert frontier.outlook([], {"job": False}).over == []
    assert frontier.outlook([], {"job": True}).over == ["job"]
