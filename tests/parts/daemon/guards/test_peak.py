"""The greatest of what was seen lately."""

from crawler.daemon.guards.peak import SPAN_S, Peak


def test_the_greatest_counts_for_its_time_whoever_looks():
    peak = Peak()
    peak.note(3.0, 100)
    peak.note(1.0, 101)
    assert peak.look(101) == peak.look(101) == 3.0
    assert peak.look(100 + SPAN_S - 1) == 3.0
    assert peak.look(100 + SPAN_S + 1) == 3.0


def test_it_is_over_once_twice_its_time_has_passed():
    peak = Peak()
    peak.note(3.0, 100)
    peak.look(100 + SPAN_S)
    peak.note(1.0, 101 + SPAN_S)
    assert peak.look(100 + 2 * SPAN_S) == 1.0
    assert peak.look(100 + 5 * SPAN_S) == 0.0
