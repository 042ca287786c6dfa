"""A process of a clock that differs is taken for dead only when it is silent for a whole lease."""

import pytest

from crawler.daemon.owner_watch import OwnerWatch
from crawler.frontier import LEASE_S, Watched
from crawler.frontier.process import Process
from tests.parts.frontiers import NOW, beat, join, seeds, take

ELSEWHERE = Process("another machine", 1, "1")


@pytest.mark.parametrize("skew", [120.0, -7200.0, 3e8])
def test_a_process_lives_as_long_as_it_changes_whatever_its_clock_says(frontier, skew):
    frontier.add("job", seeds("a"), NOW)
    owner = frontier.join(ELSEWHERE, NOW).owner
    take(frontier, owner)
    watch, mine = OwnerWatch(), join(frontier, NOW + skew)
    watched = Watched()

    def reclaimed(passed):
        nonlocal watched
        answer = beat(frontier, mine, NOW + passed + skew, watched=watched)
        watched = watch.look(answer.seen, passed)
        return answer.reclaimed

    for passed in range(0, 600, 5):
        beat(frontier, owner, NOW + passed, watched=Watched())
        assert reclaimed(passed) == []
    assert reclaimed(595 + LEASE_S) == []
    assert reclaimed(595 + LEASE_S + 1) == [], "it had a whole lease when that was looked at last"
    assert len(reclaimed(595 + LEASE_S + 2)) == 1


@pytest.mark.parametrize("skew", [0.0, 3e8])
def test_who_came_since_the_last_look_is_not_taken_for_dead(frontier, skew):
    mine, theirs = join(frontier, NOW + skew), frontier.join(ELSEWHERE, NOW).owner
    frontier.add("job", seeds("a"), NOW)
    take(frontier, theirs)
    assert beat(frontier, mine, NOW + skew, watched=Watched()).reclaimed == []


def test_who_was_silent_for_a_lease_and_wakes_before_it_is_taken_for_dead_lives(frontier):
    frontier.add("job", seeds("a"), NOW)
    theirs, mine = frontier.join(ELSEWHERE, NOW).owner, join(frontier, NOW)
    take(frontier, theirs)
    watch = OwnerWatch()
    watch.look(beat(frontier, mine, NOW).seen, 0.0)
    watched = watch.look(beat(frontier, mine, NOW + 59).seen, 61.0)
    assert watched.silent.keys() == {theirs}
    beat(frontier, theirs, NOW + 61)
    assert beat(frontier, mine, NOW + 62, watched=watched).reclaimed == []
    assert beat(frontier, theirs, NOW + 63)
