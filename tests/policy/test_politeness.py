from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crawler.politeness import Rest


def visit(host, start, answer):
    host.handed_off()
    host.begun(start)
    host.finished(answer)


def test_a_new_host_is_ready_at_its_time():
    assert Rest(next_at=100).ready_at() == 100


def test_a_host_with_its_only_slot_taken_is_busy():
    host = Rest(next_at=100)
    host.handed_off()
    assert host.ready_at() is None
    host.begun(100)
    assert host.ready_at() is None
    host.finished(101)
    assert host.ready_at() == 101


def test_a_host_rests_for_its_delay_counted_from_the_answer_not_from_the_start():
    host = Rest(next_at=100, delay=5)
    visit(host, start=100, answer=107)
    assert host.ready_at() == 112


def test_an_answer_that_came_long_before_the_end_of_the_visit_counts_when_it_came():
    host = Rest(next_at=0, delay=5)
    host.handed_off()
    host.begun(100)
    host.finished(answered_at=101)  # the body went on until 130
    assert host.ready_at() == 106


def test_a_second_slot_is_free_after_the_delay_and_not_before_the_first_visit_began():
    host = Rest(next_at=0, delay=5, per_host=2)
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
    host = Rest(next_at=0, delay=0, per_host=3)
    for _ in range(3):
        assert host.ready_at() == 0
        host.handed_off()
    assert host.ready_at() is None


def test_a_late_answer_never_shortens_the_rest():
    host = Rest(next_at=0, delay=5, per_host=2)
    host.handed_off()
    host.begun(100)
    host.handed_off()
    host.begun(105)
    host.finished(answered_at=101)
    assert host.ready_at() == 110


def test_what_a_host_is_owed_outlasts_a_visit_that_began_early():
    host = Rest(next_at=500, delay=1)
    visit(host, start=100, answer=101)
    assert host.ready_at() == 500


def test_a_host_limited_below_what_is_under_way_waits_until_it_is_not():
    host = Rest(next_at=0, delay=0, per_host=3)
    for _ in range(3):
        host.handed_off()
        host.begun(0)
    host.per_host = 1
    host.finished(1)
    host.finished(2)
    assert host.ready_at() is None
    host.finished(3)
    assert host.ready_at() == 3


class Walk(RuleBasedStateMachine):
    """A feeder and its workers in any order; `now` is an integer that only grows."""

    def __init__(self):
        super().__init__()
        self.now = 0
        self.host = Rest(next_at=0, delay=3, per_host=3)
        self.pending, self.busy = 0, []
        self.last_start = None

    @rule(seconds=st.integers(1, 4))
    def time_passes(self, seconds):
        self.now += seconds

    @precondition(lambda self: (at := self.host.ready_at()) is not None and at <= self.now)
    @rule()
    def feeder_hands_off(self):
        self.host.handed_off()
        self.pending += 1

    @precondition(lambda self: self.pending)
    @rule()
    def worker_begins(self):
        self.host.begun(self.now)
        self.pending -= 1
        self.busy.append(self.now)
        if self.last_start is not None:
            assert self.now - self.last_start >= self.host.delay
        self.last_start = self.now

    @precondition(lambda self: self.busy)
    @rule(data=st.data())
    def visit_ends(self, data):
        start = self.busy.pop(data.draw(st.integers(0, len(self.busy) - 1)))
        answered_at = data.draw(st.integers(start, self.now))
        self.host.finished(answered_at)
        assert self.host.next_at >= answered_at + self.host.delay

    @invariant()
    def slots_are_counted(self):
        assert self.host.busy == self.pending + len(self.busy) <= self.host.per_host
        assert self.host.pending == self.pending


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=100, stateful_step_count=40, derandomize=True)


@settings(max_examples=100, derandomize=True)
@given(
    st.integers(0, 20),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=20),
)
def test_with_one_slot_a_start_is_a_delay_away_from_the_answer_before(delay, visits):
    host, now, answers = Rest(next_at=0, delay=delay), 0, []
    for idle, latency in visits:
        now = max(now + idle, host.ready_at())
        assert all(now - answered >= delay for answered in answers)
        visit(host, start=now, answer=now + latency)
        now += latency
        answers.append(now)
