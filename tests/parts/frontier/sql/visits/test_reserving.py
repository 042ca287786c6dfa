"""A host that is taken for requests which no task stands for: it is its owner's, with its rests."""

from dataclasses import replace

import pytest

from crawler.errors import LeaseLostError
from crawler.frontier.process import current
from crawler.records import HostRecord, JobTerms
from tests.parts.frontiers import LATER, NOW, gone, join, reclaim, seed, take

EVERY_ENGINE = True
KEY = "a.example:80"


@pytest.fixture
def owners(frontier):
    frontier.configure([JobTerms("job", delay=2.0)], NOW)
    return join(frontier), join(frontier, process=replace(current(), pid=1))


def test_a_host_that_nobody_has_is_taken_by_one_who_gives_it_back_with_its_rests(frontier, owners):
    one, other = owners
    host = frontier.reserve(one, KEY, "job")
    assert (host.key, host.tasks, host.delay) == (KEY, (), 2.0)
    assert frontier.reserve(other, KEY, "job") is None
    assert frontier.reserve(one, KEY, "job").id == host.id, "said again"
    frontier.add("job", [seed("http://a.example/")], NOW)
    assert take(frontier, other) == {}
    assert take(frontier, one) == {}
    take(frontier, one, new=0, idle=[HostRecord(host.id, NOW + 9)])
    assert frontier.reserve(other, KEY, "job") is None, "it rests"
    assert take(frontier, other) == {}
    frontier.time = NOW + 9
    assert frontier.reserve(other, KEY, "job").id == host.id


def test_a_host_at_an_address_of_another_process_is_that_ones(frontier, owners):
    one, other = owners
    frontier.add("job", [seed(f"http://{name}.example/") for name in "abcd"], NOW)
    first, second = take(frontier, one).values()
    moved = [HostRecord(host.id, NOW, address="192.0.2.1") for host in (first, second)]
    frontier.lease(one, NOW, new=0, refills={}, idle=[], found=moved)
    back = [task.id for task in first.tasks]
    frontier.lease(one, NOW, new=0, refills={}, idle=moved[:1], back=back)
    assert frontier.reserve(other, first.key, "job") is None
    assert frontier.reserve(one, first.key, "job").address == "192.0.2.1"


def test_what_a_dead_process_had_reserved_is_free_again_and_the_dead_reserve_nothing(frontier):
    frontier.configure([JobTerms("job")], NOW)
    dead = join(frontier, process=gone())
    assert frontier.reserve(dead, KEY, "job")
    reclaim(frontier, NOW)
    with pytest.raises(LeaseLostError):
        frontier.reserve(dead, KEY, "job")
    frontier.time = NOW + LATER
    assert frontier.reserve(join(frontier, NOW + LATER), KEY, "job")
