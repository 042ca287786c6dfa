"""The contract of a frontier: events come into the outbox, each once."""

import pytest

from crawler.errors import LeaseLostError
from crawler.model import Kind
from crawler.records import Done
from tests.parts.frontier.sql.outbox.scenes import HOOK, OTHER, TERMS, event, names, notices, taken
from tests.parts.frontiers import NOW, join, one_task, seeds, settled

EVERY_ENGINE = True


@pytest.fixture
def visited(frontier):
    """A process that has visited a URL, and the settlement of that."""
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    frontier.enlist(owner, TERMS)
    return owner, settled(one_task(frontier, owner), Kind.STORED, Done(), path="a/0")


def test_an_event_comes_with_its_settlement_to_each_of_its_hooks(frontier, visited):
    owner, ended = visited
    both = [event("x", hook=hook, task=ended.task.id) for hook in (HOOK, OTHER)]
    frontier.settle(owner, [ended], [], notices=notices(*both))
    assert [names(taken(frontier, owner, hook=hook)) for hook in (HOOK, OTHER)] == [["x"], ["x"]]


def test_a_settlement_that_comes_twice_tells_its_event_once(frontier, visited):
    owner, ended = visited
    told = notices(event("x", task=ended.task.id))
    for _ in range(2):
        frontier.settle(owner, [ended], [], notices=told)
    assert names(taken(frontier, owner)) == ["x"]
    frontier.settle(owner, [ended], [], notices=notices(event("late", 2, task=ended.task.id)))
    assert taken(frontier, owner) == []


def test_who_was_taken_for_dead_records_no_event(frontier, visited):
    owner, ended = visited
    frontier.leave(owner, [], NOW)
    with pytest.raises(LeaseLostError):
        frontier.settle(owner, [ended], [], notices=notices(event("x", task=ended.task.id)))
    with pytest.raises(LeaseLostError):
        frontier.note(owner, [event("y")])
    assert taken(frontier, join(frontier)) == []


def test_an_event_that_is_noted_twice_waits_once(frontier, visited):
    owner, _ = visited
    for _ in range(2):
        frontier.note(owner, [event("x"), event("y", lane=2)])
    assert names(taken(frontier, owner)) == ["x", "y"]


def test_hooks_that_a_process_does_not_know_are_told_to_it(frontier, visited):
    owner, _ = visited
    assert frontier.enlist(owner, TERMS) == []
    assert frontier.enlist(owner, TERMS[:1]) == TERMS[1:]
    assert frontier.enlist(owner, []) == sorted(TERMS)


def test_events_for_a_hook_that_was_dropped_meanwhile_are_found(frontier, visited):
    owner, _ = visited
    frontier.drop(owner, OTHER)
    assert frontier.outlook([OTHER], {}).unknown
    assert not frontier.outlook([HOOK], {}).unknown
    frontier.note(owner, [event("x", hook=OTHER), event("y")])
    (nameless,) = frontier.enlist(owner, TERMS[:1])
    assert nameless.id == OTHER
    assert frontier.drop(owner, OTHER) == 1
    assert frontier.enlist(owner, TERMS[:1]) == []
