"""The pause of the daemon while its machine is at fault, on an invented clock."""

import pytest

from crawler.model import Kind, Outcome
from crawler.policy.pause import FIRST_PAUSE_S, MAX_PAUSE_S, Pause, reached_its_host


def test_nothing_is_paused_at_first():
    pause = Pause()
    assert pause.allows(0, busy=1000)
    assert not pause.well(1000)


def test_a_fault_begins_a_pause_once_and_those_under_way_do_not_prolong_it():
    pause = Pause()
    assert pause.fault(100) is True
    assert [pause.fault(100 + n / 100) for n in range(64)] == [False] * 64
    assert pause.until == 100 + FIRST_PAUSE_S
    assert not pause.allows(100.5, busy=0)


def test_after_the_pause_one_visit_at_a_time_probes():
    pause = Pause()
    pause.fault(100)
    assert pause.allows(101, busy=0)
    assert not pause.allows(101, busy=1)


def test_a_probe_that_fails_doubles_the_pause_up_to_its_longest():
    pause, now, steps = Pause(), 100.0, []
    for _ in range(8):
        pause.fault(now)
        steps.append(pause.until - now)
        now = pause.until
    assert steps == [FIRST_PAUSE_S, 2, 4, 8, 16, MAX_PAUSE_S, MAX_PAUSE_S, MAX_PAUSE_S]


def test_a_visit_that_goes_well_ends_it_and_the_next_one_begins_short():
    pause = Pause()
    pause.fault(100)
    assert pause.well(100.5) is False  # it was under way when the pause began
    pause.fault(101)
    assert pause.well(1000) is True
    assert pause.well(1000) is False
    assert pause.allows(101, busy=9)
    assert pause.fault(200) is True
    assert pause.until == 200 + FIRST_PAUSE_S


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.LOCAL_IO, Kind.BUG, Kind.CANCELLED}))
def test_a_visit_that_asked_its_host_had_what_it_takes(kind):
    assert reached_its_host(Outcome(kind))
    assert not reached_its_host(Outcome(kind, asked=False))
    assert not reached_its_host(Outcome(kind, ours=True))


@pytest.mark.parametrize("kind", [Kind.LOCAL_IO, Kind.BUG, Kind.CANCELLED])
def test_a_visit_that_failed_here_proves_nothing(kind):
    assert not reached_its_host(Outcome(kind))


def test_only_a_visit_after_the_pause_is_a_probe():
    pause = Pause()
    assert not pause.probes(0)
    pause.fault(100)
    assert not pause.probes(100.5)
    assert pause.probes(101)
