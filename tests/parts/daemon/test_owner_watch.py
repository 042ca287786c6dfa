"""A process of a clock that differs is taken for dead only when it is silent for a whole lease."""

import pytest

from crawler.daemon.owner_watch import OwnerWatch
from crawler.frontier import LEASE_S, Pulse
from crawler.frontier.process import Process
from tests.parts.frontiers import NOW, seeds, take

ELSEWHERE = Process("another machine", 1, "1")


@pytest.mark.parametrize("skew", [120.0, -7200.0, 3e8])
def test_a_process_lives_as_long_as_it_changes_whatever_its_clock_says(frontier, skew):
    frontier.add("job", seeds("a"), NOW)
    owner = frontier.register(ELSEWHERE, NOW)
    take(frontier, owner)
    watch = OwnerWatch()

    def reclaimed(passed):
        watched = watch.look(frontier.seen(), passed)
        return frontier.reclaim(NOW + passed + skew, "mine", watched=watched)

    for passed in range(0, 600, 5):
        frontier.heartbeat(owner, Pulse("running"), NOW + passed)
        assert reclaimed(passed) == []
    assert reclaimed(595 + LEASE_S) == [], "it has a whole lease"
    assert len(reclaimed(595 + LEASE_S + 1)) == 1
