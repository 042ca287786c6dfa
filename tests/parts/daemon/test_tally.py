"""How fast a process visits, as its heartbeats tell."""

from crawler.daemon.tally import Rates, Tally


def test_rates_start_with_what_is_seen_and_go_on_smoothly():
    tally, rates = Tally(), Rates(0)
    tally.visits, tally.ok = 10, 5
    assert rates.look(tally, 5) == (2.0, 1.0)
    assert rates.look(tally, 10) == (1.4, 0.7)


def test_no_more_visits_end_well_than_there_are_though_the_first_ones_failed():
    tally, rates = Tally(), Rates(0)
    tally.visits = 3
    assert rates.look(tally, 5) == (0.6, 0.0)
    for second in range(10, 60, 5):
        tally.visits += 50
        tally.ok += 50
        every, good = rates.look(tally, second)
        assert 0 < good <= every
    assert good > 9
