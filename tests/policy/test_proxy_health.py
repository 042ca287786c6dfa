"""Which proxy a host has, while all are well and while some are not."""

from collections import Counter

from crawler.policy.proxy_health import FIRST_REST_S, MAX_REST_S, ProxyHealth

PROXIES = [f"http://p{number}:3128" for number in range(4)]
HOSTS = [f"h{number}.example:443" for number in range(1000)]


def first(health: ProxyHealth, now: float = 0.0, proxies=PROXIES) -> dict[str, str]:
    return {host: health.order(proxies, host, now)[0] for host in HOSTS}


def test_hosts_are_spread_over_all_and_each_keeps_its_own():
    found = first(ProxyHealth())
    assert found == first(ProxyHealth(), 10_000.0, PROXIES[::-1])
    assert min(Counter(found.values()).values()) > 180


def test_only_the_hosts_of_one_that_fails_go_elsewhere_and_they_come_back():
    health = ProxyHealth()
    before = first(health)
    assert health.failed(PROXIES[0], 100.0)
    assert not health.failed(PROXIES[0], 101.0), "it is told once"
    during = first(health, 100.0)
    assert {one for one in HOSTS if before[one] != during[one]} == {
        one for one in HOSTS if before[one] == PROXIES[0]
    }
    assert len(Counter(during.values())) == 3
    assert first(health, 100.0 + FIRST_REST_S) == before, "it is tried again"


def test_it_is_passed_by_for_longer_while_it_goes_on_failing():
    health, now = ProxyHealth(), 0.0
    host = next(one for one, proxy in first(health).items() if proxy == PROXIES[0])
    for rest in (30.0, 60.0, 120.0, 240.0, 480.0, 960.0, MAX_REST_S, MAX_REST_S):
        health.failed(PROXIES[0], now)
        assert health.order(PROXIES, host, now + rest - 0.1)[0] != PROXIES[0]
        now += rest
        assert health.order(PROXIES, host, now)[0] == PROXIES[0]


def test_where_none_is_well_each_is_tried_all_the_same_the_latest_failure_last():
    health = ProxyHealth()
    for number, proxy in enumerate(PROXIES):
        health.failed(proxy, float(number))
    assert health.order(PROXIES, "h", 5.0) == PROXIES


def test_one_that_works_again_is_told_once():
    health = ProxyHealth()
    assert not health.well(PROXIES[0])
    health.failed(PROXIES[0], 0.0)
    assert health.well(PROXIES[0])
    assert not health.well(PROXIES[0])
