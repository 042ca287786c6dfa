"""When what waits will have been visited, by the pace of hosts and by the rate."""

from crawler.model import DAY_S
from crawler.policy.forecast import Forecast, Load, forecast

NOW = 1_000_000.0


def load(host="a", urls=10, gap=2.0, latency=0.5, slots=1, opens_at=0.0, *, fails=False, **days):
    return Load(host, urls, gap, latency, slots, opens_at, fails, **days)


def seen(*loads, rate=0.0, complete=True):
    urls = sum(one.urls for one in loads)
    return forecast(loads, rate, NOW, urls=urls, complete=complete)


def test_the_slowest_host_decides_by_its_own_pace():
    assert seen(load(), load("b", urls=100)) == Forecast(200.0, 250.0, "b")
    assert seen(load(gap=0.0, latency=0.5, slots=5)) == Forecast(1.0, 1.0, "a")


def test_a_rest_comes_before_the_pace():
    assert seen(load(opens_at=NOW + 60)) == Forecast(80.0, 85.0, "a")
    assert seen(load(opens_at=NOW - 60)) == Forecast(20.0, 25.0, "a")


def test_the_rate_decides_where_it_takes_longer_than_every_host():
    assert seen(load(), load("b"), rate=0.1) == Forecast(200.0, 200.0, "")
    assert forecast([], 0.5, NOW, urls=10, complete=False) == Forecast(20.0, None, "")


def test_of_a_host_that_fails_only_its_next_probe_is_foreseen():
    assert seen(load(fails=True, opens_at=NOW + 90)) == Forecast(90.0, None, "", "a")
    both = load(), load("b", fails=True, opens_at=NOW + 9)
    assert seen(*both) == Forecast(20.0, None, "a", "b")
    assert seen(*both, rate=0.1) == Forecast(100.0, None, "", "b")
    late = load(), load("b", fails=True, opens_at=NOW + 90)
    assert seen(*late) == Forecast(90.0, None, "", "b"), "what decides is told, and nothing else"


def test_what_was_not_looked_at_may_take_longer():
    assert seen(load(), complete=False) == Forecast(20.0, None, "a")


def test_where_nothing_says_how_long_nothing_is_foreseen():
    assert seen() is None
    assert seen(load(urls=0)) is None
    assert seen(load(gap=0.0, latency=0.0)) is None


def test_a_budget_makes_days_of_it():
    midnight = (NOW // DAY_S + 1) * DAY_S - NOW
    of_a_day = {"left": 4, "per_day": 10, "latency": 0.0}
    assert seen(load(urls=4, **of_a_day)) == Forecast(8.0, 8.0, "a")
    assert seen(load(urls=14, **of_a_day)) == Forecast(midnight + 20, midnight + 20, "a")
    assert seen(load(urls=15, **of_a_day)).least == midnight + DAY_S + 2
    spent = {"left": 0, "per_day": 10, "latency": 0.0, "opens_at": NOW + midnight}
    assert seen(load(urls=10, **spent)).least == midnight + 20


def test_before_a_rate_is_known_nothing_is_foreseen_but_a_least_time():
    assert seen(load(), rate=None) == Forecast(20.0, None, "a")
