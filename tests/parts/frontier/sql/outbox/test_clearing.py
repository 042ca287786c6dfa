"""The contract of a frontier: events of which nobody is told any more."""

from tests.parts.frontier.sql.outbox.scenes import HOOK, OTHER, TERMS, event, names, taken
from tests.parts.frontiers import join

EVERY_ENGINE = True


def scene(frontier, number, *, hook=HOOK):
    owner = join(frontier)
    frontier.enlist(owner, TERMS)
    frontier.note(owner, [event(f"e{one}", one, hook=hook) for one in range(number)])
    return owner


def test_of_too_many_events_the_oldest_are_given_up_but_not_those_being_told(frontier):
    owner = scene(frontier, 9)
    taken(frontier, owner, number=1)
    assert frontier.trim(owner, HOOK, 5) == 3
    assert frontier.trim(owner, HOOK, 5) == 0
    assert names(taken(frontier, owner)) == ["e4", "e5", "e6", "e7", "e8"]


def test_a_hook_goes_with_the_last_of_its_events_and_takes_no_other_hooks(frontier):
    owner = scene(frontier, 2500)
    frontier.note(owner, [event("theirs", hook=OTHER)])
    assert [frontier.drop(owner, HOOK) for _ in range(3)] == [2000, 500, 0]
    assert frontier.enlist(owner, TERMS[1:]) == []
    assert names(taken(frontier, owner, hook=OTHER)) == ["theirs"]
