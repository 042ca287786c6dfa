"""The contract of a frontier: sums that only grow, whatever processes come, end and die."""

import pytest

from crawler.errors import LeaseLostError
from crawler.frontier import LEASE_S, Counters, Gauges, Pulse, Series
from crawler.frontier.metrics import BYTES, DEATHS, VISITS
from crawler.records import JobTerms
from tests.parts.frontiers import NOW, beat, gone, join, reclaim

EVERY_ENGINE = True

STORED, TIMEOUT = Series(VISITS, "job", "stored"), Series(VISITS, "job", "timeout")
LATER = NOW + 20 * LEASE_S


def pulse(**counted):
    names = {"stored": STORED, "timeout": TIMEOUT}
    return Pulse("running", counted={names[name]: n for name, n in counted.items()})


@pytest.fixture
def counted(frontier):
    """Return what the ledger has counted."""
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    return lambda: frontier.entry(Counters())


def test_what_a_process_has_counted_counts_once_however_often_it_tells(frontier, counted):
    owner = join(frontier)
    for _ in range(3):
        beat(frontier, owner, pulse=pulse(stored=5))
    assert counted() == {STORED: 5}
    beat(frontier, owner, pulse=pulse(stored=7, timeout=1))
    assert counted() == {STORED: 7, TIMEOUT: 1}


def test_a_heartbeat_without_counters_takes_none_away(frontier, counted):
    owner = join(frontier)
    beat(frontier, owner, pulse=pulse(stored=5))
    beat(frontier, owner)
    assert counted() == {STORED: 5}


def test_the_sums_of_processes_that_live_and_of_those_that_left_are_one(frontier, counted):
    first, second = join(frontier), join(frontier)
    beat(frontier, first, pulse=pulse(stored=5))
    beat(frontier, second, pulse=pulse(stored=2, timeout=3))
    frontier.leave(first, [], NOW, counted={STORED: 6})
    assert counted() == {STORED: 8, TIMEOUT: 3}
    frontier.leave(second, [], NOW)
    assert counted() == {STORED: 8, TIMEOUT: 3}


def test_a_process_that_leaves_twice_counts_once(frontier, counted):
    owner = join(frontier)
    for _ in range(2):
        frontier.leave(owner, [], NOW, counted={STORED: 6})
    assert counted() == {STORED: 6}


def test_what_a_dead_process_told_last_counts_on_and_its_death_is_counted(frontier, counted):
    owner = join(frontier, process=gone())
    beat(frontier, owner, pulse=pulse(stored=5))
    reclaim(frontier, LATER)
    assert counted() == {STORED: 5, Series(DEATHS): 1}
    with pytest.raises(LeaseLostError):
        beat(frontier, owner, LATER, pulse=pulse(stored=9))
    frontier.leave(owner, [], LATER, counted={STORED: 9})
    assert counted() == {STORED: 5, Series(DEATHS): 1}


def test_the_sums_of_a_job_that_is_gone_are_of_no_job_and_it_begins_anew(frontier, counted):
    first, second = join(frontier), join(frontier)
    frontier.leave(first, [], NOW, counted={STORED: 6, TIMEOUT: 1})
    beat(frontier, second, pulse=pulse(stored=5))
    frontier.configure([JobTerms("other")], NOW)
    sums = {Series(VISITS, "", "stored"): 11, Series(VISITS, "", "timeout"): 1}
    assert counted() == sums
    frontier.leave(second, [], NOW)
    frontier.configure([JobTerms("other")], NOW)
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    third = join(frontier)
    beat(frontier, third, pulse=pulse(stored=1))
    assert counted() == sums | {STORED: 1}


def test_sums_of_bytes_are_whole_far_beyond_what_a_disk_holds(frontier, counted):
    owner, many = join(frontier), 2**52 + 1
    beat(frontier, owner, pulse=Pulse("running", counted={Series(BYTES, "job"): many}))
    assert counted() == {Series(BYTES, "job"): many}
    frontier.leave(owner, [], NOW)
    assert counted() == {Series(BYTES, "job"): many}


def test_what_a_process_has_and_uses_is_told_with_its_row(frontier):
    owner, gauges = join(frontier), Gauges(12, 2**33, 2**41, None, 0.25)
    beat(frontier, owner, pulse=Pulse("running", gauges=gauges))
    (member,) = frontier.sums().members
    assert member.gauges == gauges
