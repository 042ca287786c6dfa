"""The contract of a frontier: samples of how it was, and that there are never more than so many."""

import pytest

from crawler.frontier import Gauges, Pulse, Samples, Series
from crawler.frontier.metrics import BYTES, VISITS
from crawler.frontier.sql.visits.sampling import COARSE, FINE, SLOTS
from crawler.records import JobTerms
from tests.parts.frontiers import NOW, beat, join, seeds

EVERY_ENGINE = True

HOUR, WEEK = 3600.0, 7 * 86_400.0
START = NOW - NOW % COARSE
"""A time at which both steps begin."""


def pulse(stored=0, size=0, busy=0, lag=0.0):
    counted = {Series(VISITS, "job", "stored"): stored, Series(BYTES, "job"): size}
    return Pulse("running", busy=busy, gauges=Gauges(lag=lag), counted=counted)


@pytest.fixture
def owner(frontier):
    frontier.configure([JobTerms("job")], START)
    return join(frontier, START)


def samples(frontier, since=START, until=START + HOUR, most=400):
    return frontier.entry(Samples(since, until, most))


def test_a_sample_has_what_was_done_since_the_one_before(frontier, owner):
    frontier.add("job", seeds("a", each=3), START)
    beat(frontier, owner, START, pulse(4, 100))
    beat(frontier, owner, START + 10, pulse(10, 250, busy=2, lag=0.5))
    (sample,) = samples(frontier)
    assert (sample.at, sample.passed) == (START + 10, 10)
    assert (sample.visits, sample.bytes) == ({"stored": 6}, 150)
    assert (sample.processes, sample.in_flight, sample.waiting) == (1, 2, 3)
    assert sample.lag == 0.5


def test_of_one_time_there_is_one_sample_however_many_heartbeats(frontier, owner):
    for at in range(0, 60, 3):
        beat(frontier, owner, START + at, pulse(at))
    found = samples(frontier)
    assert [one.at // FINE for one in found] == [START // FINE + n for n in range(1, 6)]


def test_the_process_with_the_lowest_number_samples_for_all(frontier, owner):
    second = join(frontier, START)
    beat(frontier, owner, START, pulse(1))
    beat(frontier, second, START + 10, pulse(5, busy=3))
    assert samples(frontier) == []
    beat(frontier, owner, START + 10.5, pulse(1, busy=1))
    (sample,) = samples(frontier)
    assert (sample.visits, sample.in_flight, sample.processes) == ({"stored": 5}, 4, 2)


def test_when_it_has_left_the_next_one_samples_and_nothing_falls(frontier, owner):
    second = join(frontier, START)
    beat(frontier, owner, START, pulse(8))
    frontier.leave(owner, [], START + 5, counted={Series(VISITS, "job", "stored"): 9})
    beat(frontier, second, START + 10, pulse(1))
    (sample,) = samples(frontier)
    assert sample.visits == {"stored": 2}


def test_samples_of_an_hour_are_fine_and_those_of_a_week_coarse(frontier, owner):
    for at in range(0, 1300, 5):
        beat(frontier, owner, START + at, pulse(at, lag=9.0 if at == 610 else 0.0))
    fine, coarse = samples(frontier), samples(frontier, START, START + WEEK)
    assert len(fine) == 129
    assert [one.at for one in coarse] == [START + COARSE, START + 2 * COARSE]
    assert [one.visits["stored"] for one in coarse] == [600, 600]
    assert [one.lag for one in coarse] == [0.0, 9.0]


def test_an_hour_of_which_only_coarse_samples_are_left_has_these(frontier, owner):
    beat(frontier, owner, START, pulse(1))
    beat(frontier, owner, START + COARSE, pulse(2))
    begin = START + 86_400
    for at in range(0, FINE * SLOTS[FINE], FINE):
        beat(frontier, owner, begin + at, pulse(3))
    assert [one.at for one in samples(frontier)] == [START + COARSE]


def test_of_more_than_are_asked_for_each_stands_for_several(frontier, owner):
    for at in range(0, 101, 10):
        beat(frontier, owner, START + at, pulse(at, lag=at / 100))
    found = samples(frontier, most=3)
    assert [(one.at - START, one.passed, one.lag) for one in found] == [
        (40, 40, 0.4),
        (80, 40, 0.8),
        (100, 20, 1.0),
    ]
    assert sum(one.visits["stored"] for one in found) == 100


def test_samples_from_a_time_on_begin_there(frontier, owner):
    for at in range(0, 101, 10):
        beat(frontier, owner, START + at, pulse(at))
    found = samples(frontier, since=START + 70, until=START + 90)
    assert [(one.at - START, one.visits) for one in found] == [
        (80, {"stored": 10}),
        (90, {"stored": 10}),
    ]


def test_a_ring_has_a_slot_for_each_step_and_no_more():
    assert FINE * (SLOTS[FINE] - 1) == HOUR
    assert COARSE * (SLOTS[COARSE] - 1) >= WEEK
