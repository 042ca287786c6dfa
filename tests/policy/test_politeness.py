import heapq
from dataclasses import dataclass, field
from math import ceil, inf
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crawler.model import Kind, Outcome, Task
from crawler.policy.backoff import (
    BACKOFF_KEPT,
    FAILURES_TO_REST,
    FIRST_BACKOFF_S,
    MAX_STEPWISE_BACKOFF_S,
)
from crawler.policy.bans import REFUSALS_TO_BAN
from crawler.policy.host_limits import Adaptive, HostLimits
from crawler.policy.politeness import DAY_S, LULL_S, HostPace
from crawler.policy.remembered import health_of, remember, rest_of
from crawler.policy.retry import verdict
from crawler.records import Again, Health
from tests import examples

HOUR = 3600.0


class Always(Random):
    """Chance that always takes the same part of what it may."""

    def __init__(self, part):
        super().__init__()
        self.part = part

    def uniform(self, a, b):
        return a + self.part * (b - a)


LEAST, MOST = Always(0), Always(1)


def visit(host, start, answer):
    host.handed_off()
    host.begun(start)
    host.finished(answer)


def fail(host, now, began_at=None, *, silent=True, random=None):
    """A visit that begins and fails in the same moment, unless it began before."""
    host.failed(now, now if began_at is None else began_at, random or LEAST, silent=silent)


def failing(times, limits=None, *, at=0, silent=True):
    """A host after failures in a row, each as soon as it was ready."""
    host = HostPace(at, limits or HostLimits())
    for _ in range(times):
        at = max(at, host.ready_at())
        fail(host, at, silent=silent)
    return host


def test_a_new_host_is_ready_at_its_time():
    assert HostPace(100).ready_at() == 100


def test_a_host_with_its_only_slot_taken_is_busy():
    host = HostPace(100)
    host.handed_off()
    assert host.ready_at() is None
    host.begun(100)
    assert host.ready_at() is None
    host.finished(101)
    assert host.ready_at() == 101


def test_a_host_rests_for_its_delay_counted_from_the_answer_not_from_the_start():
    host = HostPace(100, HostLimits(5))
    visit(host, start=100, answer=107)
    assert host.ready_at() == 112


def test_an_answer_that_came_long_before_the_end_of_the_visit_counts_when_it_came():
    host = HostPace(0, HostLimits(5))
    host.handed_off()
    host.begun(100)
    host.finished(answered_at=101)  # the body went on until 130
    assert host.ready_at() == 106


def test_a_second_slot_is_free_after_the_delay_and_not_before_the_first_visit_began():
    host = HostPace(0, HostLimits(5, 2))
    host.handed_off()
    assert host.ready_at() is None  # when the first one starts is not known yet
    host.begun(100)
    assert host.ready_at() == 105
    host.handed_off()
    host.begun(105)
    assert host.ready_at() is None  # both slots are taken
    host.finished(106)
    assert host.ready_at() == 111


def test_a_host_without_delay_is_handed_off_as_often_as_it_has_slots():
    host = HostPace(0, HostLimits(0, 3))
    for _ in range(3):
        assert host.ready_at() == 0
        host.handed_off()
    assert host.ready_at() is None


def test_a_late_answer_never_shortens_the_rest():
    host = HostPace(0, HostLimits(5, 2))
    host.handed_off()
    host.begun(100)
    host.handed_off()
    host.begun(105)
    host.finished(answered_at=101)
    assert host.ready_at() == 110


def test_what_a_host_is_owed_outlasts_a_visit_that_began_early():
    host = HostPace(500, HostLimits(1))
    visit(host, start=100, answer=101)
    assert host.ready_at() == 500


def test_a_host_limited_below_what_is_under_way_waits_until_it_is_not():
    host = HostPace(0, HostLimits(0, 3))
    for _ in range(3):
        host.handed_off()
        host.begun(0)
    host.limit_to(HostLimits(per_host=1))
    host.finished(1)
    host.finished(2)
    assert host.ready_at() is None
    host.finished(3)
    assert host.ready_at() == 3


class Walk(RuleBasedStateMachine):
    """A feeder, its workers and their luck in any order; `now` is an integer that only grows."""

    def __init__(self):
        super().__init__()
        self.now = 0
        self.random = Random(1)
        self.host = HostPace(0, HostLimits(delay=3, per_host=3, max_backoff=100))
        self.pending, self.busy = 0, []
        self.last_start = None
        self.next_at = 0

    @rule(seconds=st.integers(1, 4))
    def time_passes(self, seconds):
        self.now += seconds

    @precondition(lambda self: self.host.ready_at() is not None)
    @rule()
    def its_rest_goes_by(self):
        self.now = max(self.now, ceil(self.host.ready_at()))

    @precondition(lambda self: (at := self.host.ready_at()) is not None and at <= self.now)
    @rule()
    def feeder_hands_off(self):
        assert not self.host.busy or not self.host.failures
        self.host.handed_off()
        self.pending += 1

    @precondition(lambda self: self.pending)
    @rule()
    def worker_begins(self):
        self.host.begun(self.now)
        self.pending -= 1
        self.busy.append(self.now)
        if self.last_start is not None:
            assert self.now - self.last_start >= self.host.base_delay
        self.last_start = self.now

    @precondition(lambda self: self.pending)
    @rule()
    def worker_gives_it_back(self):
        self.host.dropped()
        self.pending -= 1

    @precondition(lambda self: self.busy)
    @rule(data=st.data(), luck=st.sampled_from(["well", "failing", "silent", "neither"]))
    def visit_ends(self, data, luck):
        start = self.busy.pop(data.draw(st.integers(0, len(self.busy) - 1)))
        answered_at = data.draw(st.integers(start, self.now))
        failures, delay = self.host.failures, self.host.delay
        if luck == "well":
            self.host.well(answered_at - start)
            assert self.host.delay >= BACKOFF_KEPT * delay
        elif luck != "neither":
            self.host.failed(self.now, start, self.random, silent=luck == "silent")
            assert self.host.failures in {failures, failures + 1}
            assert self.host.delay >= delay
        self.host.finished(answered_at)
        assert self.host.next_at >= answered_at + self.host.delay

    @invariant()
    def slots_are_counted(self):
        assert self.host.busy == self.pending + len(self.busy) <= self.host.limits.per_host
        assert self.host.pending == self.pending

    @invariant()
    def a_rest_is_never_cut_short_nor_without_bounds(self):
        assert self.next_at <= self.host.next_at <= self.now + self.host.limits.max_backoff
        self.next_at = self.host.next_at

    @invariant()
    def its_health_makes_sense(self):
        host = self.host
        assert 0 <= host.backoff <= min(MAX_STEPWISE_BACKOFF_S, host.limits.max_backoff)
        assert (host.failing_since is None) == (host.failures == 0)
        assert not host.silent or host.failures
        assert host.is_open == (host.failures >= FAILURES_TO_REST)


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=examples(100), stateful_step_count=40, derandomize=True)


@settings(max_examples=examples(100), derandomize=True)
@given(
    st.integers(0, 20),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=20),
)
def test_with_one_slot_a_start_is_a_delay_away_from_the_answer_before(delay, visits):
    host, now, answers = HostPace(0, HostLimits(delay)), 0, []
    for idle, latency in visits:
        now = max(now + idle, host.ready_at())
        assert all(now - answered >= delay for answered in answers)
        visit(host, start=now, answer=now + latency)
        now += latency
        answers.append(now)


# How fast a host is visited.


@pytest.mark.parametrize(
    ("limits", "crawl_delay", "backoff", "latency", "delay"),
    [
        (HostLimits(), 0, 0, 0, 0),
        (HostLimits(delay=2), 0, 0, 0, 2),
        (HostLimits(delay=2), 7, 0, 0, 7),
        (HostLimits(delay=9), 7, 0, 0, 9),
        (HostLimits(delay=2), 7, 8, 0, 8),
        (HostLimits(delay=2, adaptive=Adaptive(5, 1, 30)), 0, 0, 0, 2),  # not met yet
        (HostLimits(delay=2, adaptive=Adaptive(5, 1, 30)), 0, 0, 3, 15),
        (HostLimits(delay=2, adaptive=Adaptive(5, 1, 30)), 0, 0, 0.1, 2),
        (HostLimits(adaptive=Adaptive(5, 1, 30)), 0, 0, 0.1, 1),
        (HostLimits(adaptive=Adaptive(5, 1, 30)), 0, 0, 60, 30),
        (HostLimits(adaptive=Adaptive(5, 1, 30)), 40, 0, 60, 40),
        (HostLimits(delay=2, adaptive=Adaptive(5, 1, 30)), 7, 25, 3, 25),
    ],
)
def test_the_longest_of_all_delays_holds(limits, crawl_delay, backoff, latency, delay):
    host = HostPace(
        0, limits, crawl_delay=crawl_delay, backoff=backoff, failures=backoff > 0, latency=latency
    )
    assert host.delay == delay
    visit(host, start=100, answer=101)
    assert host.ready_at() == 101 + delay


def test_an_adaptive_delay_follows_the_response_time_smoothly():
    host = HostPace(0, HostLimits(adaptive=Adaptive(10, 0, 100)))
    host.well(1.0)
    assert host.delay == 10
    host.well(2.0)
    assert host.delay == pytest.approx(13)
    for _ in range(50):
        host.well(2.0)
    assert host.delay == pytest.approx(20)


def test_a_host_rests_as_long_as_it_asks_for_and_no_shorter_than_it_rests_anyway():
    host = HostPace(0, HostLimits(delay=5))
    visit(host, start=100, answer=101)
    host.asked_to_wait(200)
    assert host.ready_at() == 200
    host.asked_to_wait(150)
    assert host.ready_at() == 200


def test_a_visit_that_never_began_costs_nothing():
    host = HostPace(100, HostLimits(delay=5, max_per_day=1))
    remember(host, Health(), now=100, offset=0)
    host.handed_off()
    assert host.ready_at() is None
    host.dropped()
    assert (host.ready_at(), host.busy, host.pending, host.spent) == (100, 0, 0, 0)


# What a host pays for failures.


@pytest.mark.parametrize(
    ("limits", "backoffs"),
    [
        (HostLimits(), [0.1, 0.2, 0.4, 0.8]),
        (HostLimits(delay=1), [2, 4, 8, 16]),
        (HostLimits(delay=5), [10, 20, 30, 30]),
        (HostLimits(delay=20), [40, 80, 80, 80]),
        (HostLimits(delay=1, max_backoff=3), [2, 3, 3, 3]),
        (HostLimits(delay=20, max_backoff=3), [3, 3, 3, 3]),
    ],
)
def test_every_failure_doubles_the_rest_up_to_a_cap(limits, backoffs):
    assert [failing(n + 1, limits).backoff for n in range(4)] == pytest.approx(backoffs)


def test_a_crawl_delay_and_an_adaptive_delay_are_doubled_too():
    host = HostPace(0, HostLimits(delay=1), crawl_delay=10)
    fail(host, 100)
    assert host.delay == 20
    host = HostPace(0, HostLimits(adaptive=Adaptive(5, 0, 100)), latency=2.0)
    fail(host, 100)
    assert host.delay == 20


def test_a_rest_after_a_failure_has_a_jitter_of_half_its_length():
    ends = set()
    for seed in range(50):
        host = HostPace(0, HostLimits(delay=1))
        fail(host, 100, random=Random(seed))
        assert 102 <= host.next_at <= 103
        ends.add(host.next_at)
    assert len(ends) > 40
    assert max(ends) - min(ends) > 0.8


def test_failures_of_visits_that_were_under_way_together_count_once():
    host = HostPace(0, HostLimits(delay=0, per_host=3))
    for _ in range(3):
        host.handed_off()
        host.begun(100)
    for now in (101, 102, 130):
        fail(host, now, began_at=100)
        host.finished(now)
    assert (host.failures, host.backoff) == (1, FIRST_BACKOFF_S)


def test_a_visit_handed_off_before_a_failure_and_begun_after_it_counts_with_it():
    host = HostPace(0, HostLimits(delay=0, per_host=8))
    for _ in range(8):
        host.handed_off()
    for start in range(8):  # one worker takes them off the hand-off, one after another
        host.begun(100 + start / 100)
        fail(host, 100 + start / 100, began_at=100 + start / 100)
        host.finished(100 + start / 100)
    assert host.failures == 1
    fail(host, host.next_at)
    assert host.failures == 2


def test_the_beginning_of_a_visit_need_not_be_known_to_the_last_digit():
    host = failing(1)
    fail(host, host.next_at + 3, began_at=host.next_at - 0.00005)
    assert host.failures == 2


def test_a_failing_host_is_visited_by_one_at_a_time():
    host = HostPace(0, HostLimits(delay=0, per_host=8))
    for _ in range(8):
        host.handed_off()
        host.begun(100)
    fail(host, 101, began_at=100)
    for left in range(7, 0, -1):
        host.finished(101)
        assert (host.busy, host.ready_at()) == (left, None)
    host.finished(101)
    assert host.ready_at() == 101 + FIRST_BACKOFF_S
    host.handed_off()
    host.begun(102)
    assert host.ready_at() is None
    host.well(1)
    host.finished(103)
    host.handed_off()
    host.begun(104)
    assert host.ready_at() is not None


def rests_of(failures, most, chance):
    host, now, rests = HostPace(0, HostLimits(delay=1, max_backoff=most)), 0.0, []
    for _ in range(failures):
        fail(host, now, random=chance)
        rests.append(host.next_at - now)
        now = host.next_at
    return rests


@pytest.mark.parametrize(
    ("most", "rests"),
    [
        (1.0, [1, 1, 1, 1, 1, 1, 1, 1]),
        (100.0, [2, 4, 8, 16, 60, 100, 100, 100]),
        (HOUR, [2, 4, 8, 16, 60, 120, 240, 480]),
    ],
)
def test_after_five_failures_in_a_row_a_host_rests_a_minute_then_two(most, rests):
    assert rests_of(8, most, LEAST) == pytest.approx(rests)


def test_a_long_rest_has_a_jitter_of_half_its_length_below_its_cap():
    assert rests_of(8, 300.0, MOST) == pytest.approx([3, 6, 12, 24, 90, 180, 300, 300])


@pytest.mark.parametrize("chance", [LEAST, MOST, Random(1)])
@pytest.mark.parametrize("most", [HOUR, 10 * HOUR, 10 * DAY_S])
def test_long_rests_grow_up_to_their_cap_and_a_day_at_most(most, chance):
    rests = rests_of(40, most, chance)
    assert max(rests) <= most
    assert max(rests) <= 1.5 * DAY_S
    assert rests[-1] == pytest.approx(most) or rests[-1] >= DAY_S * 0.9999


def test_the_circuit_opens_with_the_last_of_so_many_failures_and_one_success_closes_it():
    assert not failing(FAILURES_TO_REST - 1).is_open
    host = failing(FAILURES_TO_REST)
    assert host.is_open
    at = host.next_at
    host.handed_off()
    host.begun(at)
    host.well(1.0)
    host.finished(at + 1)
    assert not host.is_open
    assert host.ready_at() < at + 60
    fail(host, host.ready_at())
    assert (host.failures, host.is_open) == (1, False)


@settings(max_examples=examples(200), derandomize=True)
@given(
    st.integers(1, 40),
    st.sampled_from([0.0, 0.01, 1.0, 60.0, 500.0]),
    st.sampled_from([0.0, 10.0]),
    st.sampled_from([None, Adaptive(5, 0.5, 30)]),
)
def test_recovery_is_gradual_and_comes_to_an_end(failures, delay, crawl_delay, adaptive):
    host = failing(failures, HostLimits(delay=delay, adaptive=adaptive))
    host.limit_to(host.limits, crawl_delay)
    successes = 0
    while host.backoff:
        before, successes = host.delay, successes + 1
        host.well(0.2)
        assert host.delay >= min(BACKOFF_KEPT * before, before - FIRST_BACKOFF_S)
        assert host.delay >= host.base_delay
    assert host.delay == host.base_delay
    assert successes <= 25
    assert (host.failures, host.failing_since, host.silent) == (0, None, False)


def test_a_host_that_failed_often_needs_many_successes_and_one_that_failed_once_few():
    def successes(host):
        for number in range(100):
            if not host.backoff:
                return number
            host.well(0.1)
        return None

    assert successes(failing(1, HostLimits(delay=1))) == 3
    assert successes(failing(30, HostLimits(delay=1))) == 12
    assert successes(failing(1)) == 3
    assert successes(failing(30)) == 23


# When a host is given up.


@pytest.mark.parametrize(
    ("failures", "silent", "after", "overdue", "given_up"),
    [
        (0, True, 10 * DAY_S, False, False),
        (1, True, 0, False, False),
        (FAILURES_TO_REST - 1, True, 2 * HOUR, True, False),  # it may be one bad URL
        (FAILURES_TO_REST, True, HOUR - 200, False, False),
        (FAILURES_TO_REST, True, 2 * HOUR, True, True),
        (FAILURES_TO_REST, False, 2 * HOUR, True, False),  # it says 503, so it is there
    ],
)
def test_a_host_is_given_up_that_was_silent_for_long(failures, silent, after, overdue, given_up):
    host = failing(failures, HostLimits(give_up=HOUR), silent=silent)
    assert host.overdue(after) is overdue
    assert host.given_up(after) is given_up


def test_urls_of_a_host_that_is_given_up_end_unvisited_except_when_a_probe_is_due():
    host = failing(10, HostLimits(give_up=HOUR, max_backoff=HOUR))
    assert host.given_up(2 * HOUR)
    assert host.ends_unvisited(host.next_at - 1)
    assert not host.ends_unvisited(host.next_at)
    fail(host, host.next_at)
    assert host.ends_unvisited(host.next_at - 1)
    host.well(0.1)
    assert not host.given_up(host.next_at + DAY_S)
    assert not host.ends_unvisited(host.next_at - 1)


def test_one_answer_however_bad_saves_a_silent_host():
    host = failing(10, HostLimits(give_up=HOUR))
    fail(host, host.next_at, silent=False)
    assert not host.given_up(host.next_at)


@dataclass
class Siege:
    """A day of visits to a host that never answers; its clock is wall time too."""

    host: HostPace
    tasks: int
    attempts: int = 5
    visits: list[float] = field(default_factory=list)
    dead: int = 0

    def run(self, until):
        random = Random(1)
        waiting = [(0.0, number, 0) for number in range(self.tasks)]
        under_way, now = [], 0.0
        while now < until:
            ready_at = self.host.ready_at()
            start = inf if ready_at is None else max(ready_at, waiting[0][0], now)
            end = under_way[0][0] if under_way else inf
            now = min(start, end)
            if start < end:
                _, number, failures = heapq.heappop(waiting)
                self.host.handed_off()
                self.host.begun(now)
                self.visits.append(now)
                heapq.heappush(under_way, (now + 10, number, failures, now))
                continue
            _, number, failures, began_at = heapq.heappop(under_way)
            was_open = self.host.is_open
            fail(self.host, now, began_at, random=random)
            self.host.finished(now)
            spared = was_open and not self.host.overdue(now)
            again = self._judge(number, failures, now, random, spared=spared)
            if isinstance(again, Again):
                heapq.heappush(waiting, (again.at, number, failures + again.charged))
            else:
                self.dead += 1

    def _judge(self, number, failures, now, random, *, spared):
        task = Task(number, "job", "http://h/", "http://h/", "h:80", 1, number, 1, failures)
        outcome = Outcome(Kind.TIMEOUT, reason="too slow")
        return verdict(task, outcome, attempts=self.attempts, now=now, random=random, spared=spared)


@pytest.mark.parametrize("per_host", [1, 8])
@pytest.mark.parametrize("delay", [0, 1])
def test_500_urls_of_a_dead_host_cost_a_few_dozen_visits_a_day_and_no_url(delay, per_host):
    siege = Siege(HostPace(0, HostLimits(delay=delay, per_host=per_host)), tasks=500)
    siege.run(until=DAY_S)
    assert siege.dead == 0
    assert 20 < len(siege.visits) < 60
    assert siege.host.given_up(DAY_S + 10)
    gaps = [later - sooner for sooner, later in zip(siege.visits, siege.visits[1:], strict=False)]
    assert max(gaps[-10:]) == pytest.approx(HOUR + 10)  # at its cap


# The budget of a day.


def budgeted(*, spent=0, now=1000.0, most=3, midnight=2000.0, per_host=1, delay=0):
    """A host with a budget; `midnight` is in terms of its clock."""
    host = HostPace(0, HostLimits(delay=delay, per_host=per_host, max_per_day=most))
    offset = 20_000 * DAY_S - midnight
    remember(host, Health(spent=spent, day=19_999), now, offset)
    return host


def test_a_host_whose_budget_is_spent_rests_until_midnight_utc():
    host = budgeted()
    for start in (1000, 1100):
        visit(host, start, start + 1)
        assert host.ready_at() == start + 1
    visit(host, 1200, 1201)
    assert host.ready_at() == 2000
    visit(host, 2000, 2001)
    assert (host.ready_at(), host.spent) == (2001, 1)


def test_a_budget_holds_over_midnights_that_nobody_saw():
    host = budgeted()
    visit(host, 1000, 1001)
    visit(host, 1900, 1901)
    visit(host, 2000 + 5 * DAY_S + 7, 2000 + 5 * DAY_S + 8)
    assert (host.spent, host.day_ends) == (1, 2000 + 6 * DAY_S)
    visit(host, 2000 + 5 * DAY_S + 9, 2000 + 5 * DAY_S + 10)
    visit(host, 2000 + 5 * DAY_S + 11, 2000 + 5 * DAY_S + 12)
    assert host.ready_at() == 2000 + 6 * DAY_S


def test_a_budget_that_was_spent_before_a_restart_is_spent():
    assert budgeted(spent=3).ready_at() == 2000
    assert budgeted(spent=2).ready_at() == 0
    assert budgeted(spent=3, now=2000).ready_at() == 0  # that was yesterday


def test_several_slots_do_not_spend_more_than_the_budget():
    host, begun = budgeted(per_host=8), 0
    while (at := host.ready_at()) is not None and at <= 1000:
        host.handed_off()
        assert host.ready_at() is None
        host.begun(1000)
        begun += 1
    assert begun == 3


@settings(max_examples=examples(100), derandomize=True)
@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=60), st.integers(1, 5))
def test_no_day_has_more_visits_than_its_budget(idle, most):
    host, now, days = budgeted(most=most), 1000, []
    for seconds in idle:
        now = max(now + seconds, host.ready_at())
        visit(host, now, now + 1)
        days.append((now - 2000) // DAY_S)
    assert max(days.count(day) for day in days) <= most


# What is remembered.


@settings(max_examples=examples(300), derandomize=True)
@given(
    st.lists(st.sampled_from(["well", "failing", "silent"]), max_size=30),
    st.floats(0, 1e6),
    st.floats(-1.0, 1.0),
    st.floats(-DAY_S, 10 * DAY_S),
    st.floats(0, 3 * DAY_S),
)
def test_a_host_is_as_it_was_after_a_restart(lucks, now, wobble, reboot, away):
    """The clock of another boot has another beginning, and wall time is read with some noise."""
    offset = 1_700_000_000.0
    one = HostPace(0, HostLimits(delay=1, max_per_day=100))
    remember(one, Health(), now, offset)
    for luck in lucks:
        now = max(now, one.ready_at())
        visit(one, now, now)
        one.well(0.25) if luck == "well" else fail(one, now, silent=luck == "silent")
    health = health_of(one, offset + wobble / 1000)
    other = HostPace(0, one.limits)
    later, its_offset = now + away + reboot, offset - reboot
    remember(other, health, later, its_offset)
    for name in ("backoff", "failures", "silent", "is_open", "slots"):
        assert getattr(other, name) == getattr(one, name), name
    assert other.latency == pytest.approx(one.latency, abs=1e-4)
    assert (other.failing_since is None) == (one.failing_since is None)
    if one.failing_since is not None:
        age, aged = now + away - one.failing_since, later - other.failing_since
        assert aged == pytest.approx(age, abs=0.002)
    same_day = (now + offset) // DAY_S == (now + away + offset) // DAY_S
    assert other.spent == (one.spent if same_day else 0)
    assert other.day_ends - later <= DAY_S + 1e-3
    again = health_of(other, its_offset)
    assert (again.backoff, again.failures, again.silent) == (one.backoff, one.failures, one.silent)
    assert again.day == int((now + away + offset) // DAY_S)


@settings(max_examples=examples(100), derandomize=True)
@given(st.floats(0, 10 * DAY_S), st.floats(0, 30 * DAY_S))
def test_a_wall_clock_that_was_set_back_makes_no_failure_older(age, jump):
    health = Health(failures=9, failing_since=1_000_000_000.0, silent=True)
    host = HostPace(0, HostLimits(give_up=DAY_S))
    remember(host, health, now=500.0, offset=1_000_000_000.0 + age - jump - 500.0)
    assert host.failing_since <= 500
    assert 500 - host.failing_since == pytest.approx(max(0.0, age - jump), abs=1e-5)
    assert not host.overdue(500) or age - jump >= DAY_S - 1


def probed(host, now, offset, for_s):
    """Let a silent host be asked whenever it may be, each time after a restart; return when."""
    until = now + for_s
    while now < until:
        fail(host, now)
        again = HostPace(0, host.limits)
        remember(again, health_of(host, offset), now, offset, rest_of(host, offset))
        host, now = again, again.next_at
    return host, now


@pytest.mark.parametrize("away", [0.0, DAY_S, 3650 * DAY_S])
def test_time_in_which_nobody_asked_a_host_ends_no_patience_with_it(away):
    """Nobody ran, or the clock was set forward."""
    host, now = probed(HostPace(0, HostLimits(give_up=DAY_S)), 1000.0, 1e9, 3600.0)
    assert host.is_open
    later = HostPace(0, host.limits)
    remember(later, health_of(host, 1e9), now + away, 1e9, rest_of(host, 1e9))
    assert not later.given_up(now + away)
    later, end = probed(later, now + away, 1e9, DAY_S)
    assert later.given_up(end)


def test_a_host_that_has_banned_us_gets_one_visit_at_a_time():
    host = HostPace(0.0, HostLimits(per_host=4))
    for number in range(REFUSALS_TO_BAN):
        assert host.slots == 4
        host.refused(number + 1, 10.0, 10.0, LEAST)
    assert host.slots == 1


def test_a_ban_is_not_believed_for_time_in_which_nobody_asked():
    host = HostPace(0.0, HostLimits(give_up=DAY_S))
    for number in range(REFUSALS_TO_BAN):
        host.refused(number + 1, 10.0, 10.0, LEAST)
    later = HostPace(0.0, host.limits)
    remember(later, health_of(host, 1e9), 10 * DAY_S, 1e9, rest_of(host, 1e9))
    assert later.refusals.banned
    assert not later.refuses(10 * DAY_S)


def test_the_day_of_a_budget_is_told_in_spite_of_a_clock_that_is_read_twice():
    """What leads to wall time is the difference of two readings: never twice the same."""
    for noise in (-0.01, -1e-6, 0.0, 1e-6, 0.01):
        host = budgeted(spent=2)
        assert health_of(host, 20_000 * DAY_S - 2000.0 + noise).day == 19_999


def test_of_a_host_that_was_never_met_nothing_is_remembered():
    assert health_of(HostPace(0), 1e9) == Health()
    host = HostPace(0)
    remember(host, Health(), now=10, offset=1e9)
    assert (host.ready_at(), host.delay, host.slots) == (0, 0, 1)


def test_a_host_has_a_rate_of_its_own_that_follows_its_visits():
    pace, now = HostPace(0.0), 100.0
    for _ in range(40):
        pace.handed_off()
        pace.begun(now)
        pace.finished(now + 0.5)
        now += 2.5
    assert pace.spacing == pytest.approx(2.5, rel=0.001)
    health = health_of(pace, 0.0)
    later = HostPace(0.0)
    remember(later, health, now, 0.0, rest_of(pace, 0.0))
    later.handed_off()
    later.begun(now)
    assert later.spacing == pytest.approx(2.5, rel=0.2)
    later.handed_off()
    later.begun(now + LULL_S)
    assert later.spacing is None


def test_a_host_with_many_visits_at_once_has_their_rate():
    pace, now = HostPace(0.0), 100.0
    ends = [now + 1.0 + number / 4 for number in range(4)]
    for _ in ends:
        pace.handed_off()
        pace.begun(now)
    for number in range(200):
        pace.finished(ends[number % 4])
        pace.handed_off()
        pace.begun(ends[number % 4])
        ends[number % 4] += 1.0
    assert pace.spacing == pytest.approx(0.25, rel=0.3)


def test_a_host_fails_since_its_first_failure_however_long_nobody_asked():
    pace = HostPace(0.0)
    pace.failed(100.0, 100.0, Random(0), silent=True)
    pace.answered_at = 100.0
    health, rest = health_of(pace, 0.0), rest_of(pace, 0.0)
    later = HostPace(0.0)
    remember(later, health, 5000.0, 0.0, rest)
    assert (later.first_failed_at, later.failing_since > 4000) == (100.0, True)
    later.failed(5000.0, 5000.0, Random(0), silent=True)
    assert health_of(later, 0.0).first_failed_at == 100.0
    later.well(0.1)
    assert health_of(later, 0.0).first_failed_at is None


STEPS = {
    "begins": lambda pace, now, _: (pace.handed_off(), pace.begun(now)),
    "ends": lambda pace, now, _: pace.finished(now) if pace.busy else None,
    "is well": lambda pace, _, __: pace.well(0.3),
    "fails": lambda pace, now, random: pace.failed(now, now, random, silent=True),
    "refuses": lambda pace, now, random: pace.refused(int(now), now, now, random),
    "is welcome": lambda pace, _, __: pace.welcomed(),
    "is woken": lambda pace, _, __: pace.wake(force=False),
    "is limited": lambda pace, now, _: pace.limit_to(LIMITS[int(now) % 3], float(int(now) % 2)),
    "is remembered": lambda pace, now, _: remember(pace, health_of(pace, 9.0), now, 9.0),
}
LIMITS = [
    HostLimits(delay=1, per_host=3, refusals_to_ban=2),
    HostLimits(delay=0, per_host=2, adaptive=Adaptive(5, 0.5, 30), max_backoff=20),
    HostLimits(per_host=4),
]


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=40), st.sampled_from(LIMITS))
def test_delay_and_slots_follow_from_what_the_host_is_at_any_time(steps, limits):
    pace, random = HostPace(0, limits), Random(1)
    for now, step in enumerate(steps, 1000):
        STEPS[step](pace, now * 700, random)
        kept = pace.delay, pace.slots, pace.is_calm
        pace.derive()
        assert (pace.delay, pace.slots, pace.is_calm) == kept, step
