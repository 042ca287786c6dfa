"""Floors and ceilings of a machine, on an invented clock."""

import math

from crawler.policy.pressure import ABOVE_FLOOR, AIR, STEP_S, Floor, Squeeze, Step


def looked(squeeze: Squeeze, load: float, now: float, busy: int = 64) -> Step:
    return squeeze.look(load, now, busy=busy, least=2, otherwise=64)


def squeezed(load: float = 1.0, busy: int = 64) -> tuple[Squeeze, float]:
    """Return a squeeze that has begun, and when it may make its next step."""
    squeeze = Squeeze()
    assert looked(squeeze, load, 100, busy) is Step.RELIEVE
    assert looked(squeeze, load, 100 + STEP_S, busy) is Step.BEGUN
    return squeeze, 100 + 2 * STEP_S


def test_a_shortage_begins_below_the_floor_and_ends_a_good_way_above_it():
    floor, enough = Floor(), 100 * ABOVE_FLOOR
    lefts = (100, 99, 101, 99, enough - 1, enough, 101)
    found = [(floor.look(left, 100), floor.short) for left in lefts]
    assert found[:2] == [(False, False), (True, True)]
    assert found[2:5] == [(False, True)] * 3
    assert found[5:] == [(True, False), (False, False)]


def test_a_floor_of_0_asks_for_nothing_and_ends_a_shortage():
    floor = Floor()
    assert not floor.look(-5, 0)
    floor.look(0, 100)
    assert floor.look(0, 0)
    assert not floor.short


def test_nothing_is_squeezed_while_there_is_air():
    squeeze = Squeeze()
    assert [looked(squeeze, load, now) for now, load in enumerate((0, AIR, 0.999, 0.5))] == [
        Step.NONE
    ] * 4
    assert squeeze.most == math.inf


def test_what_costs_no_visit_is_done_first():
    squeeze = Squeeze()
    assert looked(squeeze, 1.0, 100) is Step.RELIEVE
    assert looked(squeeze, 1.0, 100 + STEP_S / 2) is Step.NONE
    assert squeeze.most == math.inf
    assert looked(squeeze, 0.5, 100 + STEP_S) is Step.NONE
    assert squeeze.most == math.inf


def test_ever_fewer_visits_run_while_it_is_over_down_to_the_least_and_one_step_at_a_time():
    squeeze, now = squeezed()
    found = [squeeze.most]
    for half in range(12):
        looked(squeeze, 1.1, now + half * STEP_S / 2, int(squeeze.most))
        found.append(squeeze.most)
    assert found == [32, 16, 16, 8, 8, 4, 4, 2, 2, 2, 2, 2, 2]


def test_the_first_step_halves_what_is_under_way_and_not_what_might_be():
    squeeze, _ = squeezed(busy=10)
    assert squeeze.most == 5


def test_nothing_moves_between_air_and_ceiling():
    squeeze, now = squeezed()
    assert [looked(squeeze, load, now + n) for n, load in enumerate((AIR, 0.9, 0.99))] == [
        Step.NONE
    ] * 3
    assert squeeze.most == 32


def test_more_visits_run_again_step_by_step_and_the_end_is_told_once():
    squeeze, now = squeezed(busy=20)
    steps = [looked(squeeze, 0.5, now + n * STEP_S) for n in range(5)]
    assert steps == [Step.NONE, Step.NONE, Step.ENDED, Step.NONE, Step.NONE]
    assert squeeze.most == math.inf
