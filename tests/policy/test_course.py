"""The frontier's clock: which steps of the wall clock it follows, and when."""

import pytest

from crawler.policy.course import DOUBT_S, SETTLED_S, SLEW_RATE, SLEW_S, Course, Reading, looked

HOUR, DAY = 3600.0, 86_400.0
YEARS = 3650 * DAY
TODAY = 1_800_000_000.0
LOOK_S = 5.0
"""Time between two looks."""


class Machine:
    """A machine that boots with a wall clock, and looks at it again and again."""

    def __init__(self, wall=TODAY, *, up=SETTLED_S, course=None):
        self.wall, self.up, self.boot = wall, up, "one boot"
        self.course = course or Course()
        self.look()

    def look(self, skew=0.0):
        """Look at the clocks, as a process does whose wall clock is `skew` ahead of others'."""
        reading = Reading(self.boot, self.wall + skew, self.up)
        self.course = looked(self.course, reading)

    def pass_by(self, seconds, *, every=LOOK_S):
        """Let time pass; return for how much of it the frontier's time differed."""
        differed = 0.0
        for _ in range(round(seconds / every)):
            self.up, self.wall = self.up + every, self.wall + every
            self.look()
            differed += every * (abs(self.ahead) > SLEW_S)
        return differed

    @property
    def now(self):
        return self.up + self.course.offset

    @property
    def ahead(self):
        """By how much the wall clock is ahead of the frontier's."""
        return self.wall - self.now


def test_a_ledger_begins_with_the_wall_clock():
    machine = Machine()
    assert (machine.now, machine.course.at, machine.course.stepped) == (TODAY, TODAY, 0.0)


@pytest.mark.parametrize("by", [SLEW_S, -SLEW_S, 0.3])
def test_a_little_is_made_up_for_slowly(by):
    machine = Machine()
    machine.wall += by
    for _ in range(100):
        before, up = machine.now, machine.up
        machine.pass_by(LOOK_S)
        passed = machine.up - up
        rate = (machine.now - before) / passed
        assert 1 - SLEW_RATE - 1e-6 <= rate <= 1 + SLEW_RATE + 1e-6
    assert machine.ahead == pytest.approx(0.0, abs=1e-6)
    assert machine.course.stepped == 0.0


@pytest.mark.parametrize("step", [HOUR, -HOUR, YEARS, SLEW_S + 1])
def test_a_step_that_is_taken_back_in_time_never_was(step):
    machine = Machine()
    machine.wall += step
    machine.pass_by(DOUBT_S - LOOK_S)
    assert machine.now == pytest.approx(TODAY + DOUBT_S - LOOK_S)
    assert machine.course.difference == pytest.approx(step)
    machine.wall -= step
    machine.pass_by(2 * DOUBT_S)
    assert machine.now == pytest.approx(TODAY + 3 * DOUBT_S - LOOK_S)
    assert (machine.course.stepped, machine.course.difference) == (0.0, 0.0)


@pytest.mark.parametrize("step", [HOUR, -HOUR, YEARS, SLEW_S + 1])
def test_a_step_that_stands_is_followed(step):
    machine = Machine()
    machine.wall += step
    assert machine.pass_by(2 * DOUBT_S) == pytest.approx(DOUBT_S, abs=2 * LOOK_S)
    assert machine.ahead == pytest.approx(0.0, abs=0.01)
    assert machine.course.stepped == step
    assert machine.course.ahead == (step < 0)


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_step_while_nobody_looks_is_followed_at_once(step):
    machine = Machine()
    machine.up, machine.wall = machine.up + DAY, machine.wall + DAY + step
    machine.look()
    assert machine.ahead == 0.0
    assert machine.course.stepped == step


@pytest.mark.parametrize("skew", [HOUR, -HOUR, 600.0, -600.0])
def test_a_clock_of_one_process_that_is_wrong_is_never_followed(skew):
    machine = Machine()
    for _ in range(1000):
        machine.pass_by(LOOK_S)
        machine.look(skew)
    assert (machine.ahead, machine.course.stepped) == (0.0, 0.0)


def test_two_wrong_clocks_do_not_confirm_each_other():
    machine = Machine()
    for _ in range(1000):
        machine.up, machine.wall = machine.up + LOOK_S, machine.wall + LOOK_S
        machine.look(600.0)
        machine.look(-600.0)
    assert machine.ahead == 0.0


def test_a_clock_that_is_set_twice_is_believed_as_it_was_set_last():
    machine = Machine()
    machine.wall += HOUR
    machine.pass_by(DOUBT_S - LOOK_S)
    machine.wall += HOUR
    assert machine.pass_by(2 * DOUBT_S) == pytest.approx(DOUBT_S, abs=2 * LOOK_S)
    assert machine.course.stepped == 2 * HOUR


class Booted(Machine):
    """The same machine after three days without power."""

    def __init__(self, wall, *, up=20.0):
        before = Machine()
        before.pass_by(60)
        self.last, self.truth = before.now, before.now + 3 * DAY
        self.wall, self.up, self.boot, self.course = wall, up, "another boot", before.course
        self.look()

    def learn(self):
        """The network tells the time."""
        self.wall = self.truth


@pytest.mark.parametrize(
    ("wall", "later"),
    [(0.0, 0), (0.0, 60), (0.0, HOUR), (TODAY - HOUR, 60), (TODAY + 60, 0), (TODAY + 60, 60)],
)
def test_a_machine_without_a_battery_has_the_right_time_with_the_network(wall, later):
    """It boots in 1970, or where its file system stood, and learns the time at once or later."""
    machine = Booted(wall)
    assert machine.now >= machine.last, "no time comes twice"
    machine.pass_by(later)
    machine.learn()
    differed = machine.pass_by(60, every=1)
    assert differed == 0
    assert machine.now == pytest.approx(machine.truth + 60, abs=SLEW_S)


def test_a_clock_of_1970_is_never_followed():
    machine = Booted(0.0)
    machine.pass_by(DAY)
    assert machine.now == pytest.approx(machine.last + DAY)
    assert machine.course.stepped == 0.0


def test_a_new_boot_goes_by_the_wall_clock_and_steps_nowhere():
    machine = Booted(TODAY + 5 * DAY)
    assert (machine.now, machine.course.stepped) == (TODAY + 5 * DAY, 0.0)


def test_a_ledger_that_was_ahead_comes_back_after_a_boot():
    machine = Booted(TODAY - 30 * DAY)
    assert machine.pass_by(2 * DOUBT_S) == pytest.approx(DOUBT_S, abs=2 * LOOK_S)
    assert machine.course.ahead


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_where_boots_have_no_names_the_wall_clock_counts(step):
    machine = Machine()
    machine.boot = ""
    machine.wall += step
    machine.pass_by(LOOK_S)
    assert machine.ahead == 0.0
    assert machine.course.ahead == (step < 0)


def test_sums_of_times_and_steps_are_exact():
    machine = Machine(TODAY + 0.123456)
    machine.wall += HOUR + 1 / 3
    machine.pass_by(2 * DOUBT_S)
    at, stepped = TODAY + 123.4567891, machine.course.stepped
    assert at + stepped - stepped == at
