import pytest

from crawler.policy.clock_steps import MAX_STEPS, ClockSteps
from crawler.records import Rest

HOUR = 3600.0
NOW, OFFSET = 5000.0, 1e9
WALL = NOW + OFFSET


def seen(*steps):
    """A process that sees its clock set by so much, each time at the same moment."""
    clock, offset = ClockSteps(), OFFSET
    clock.note(NOW, offset)
    for step in steps:
        offset += step
        clock.note(NOW, offset)
    return clock


@pytest.mark.parametrize("ago", [0.0, 1.0, 19.9])
def test_a_delay_that_had_not_passed_passes_after_the_step(ago):
    assert seen(HOUR).mended(Rest(WALL - ago), 20.0).answered_at == WALL - ago + HOUR


def test_what_was_over_before_the_step_stays_as_it_was_recorded():
    rest = Rest(WALL - 21.0, WALL - 1.0, WALL - 1.0, WALL - 1.0)
    assert seen(HOUR).mended(rest, 20.0) == rest


def test_what_the_host_asked_for_ends_as_much_later_as_the_clock_was_set():
    mended = seen(HOUR).mended(Rest(WALL - 99.0, WALL + 60.0, WALL + 300.0), 1.0)
    assert (mended.failed_until, mended.put_off_until) == (WALL + 60 + HOUR, WALL + 300 + HOUR)


def test_what_was_mended_and_recorded_is_not_mended_again():
    once = seen(HOUR).mended(Rest(WALL, WALL + 60.0, WALL + 300.0), 20.0)
    assert seen(HOUR).mended(once, 20.0) == once


def test_a_clock_that_was_set_back_makes_no_rest_longer():
    rest = Rest(WALL + 1.0, WALL + 60.0, WALL + 300.0)
    assert seen(HOUR, -HOUR).mended(rest, 20.0) == rest


def test_noise_is_no_step_and_old_steps_are_forgotten():
    assert seen(1e-4, -1e-4).mended(Rest(WALL), 20.0) == Rest(WALL)
    assert seen(HOUR, *[10 * HOUR] * MAX_STEPS).mended(Rest(WALL), 20.0) == Rest(WALL)
