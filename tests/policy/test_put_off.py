"""Who pays for what a host puts off: it does, unless it is otherwise well."""

from crawler.policy.politeness import HostPace
from crawler.policy.put_off import host_pays


def test_a_host_that_never_answered_pays_for_whatever_it_puts_off():
    pace = HostPace(0.0)
    assert all(host_pays(pace, times) for times in range(50))


def test_a_host_that_is_otherwise_well_pays_for_a_url_once():
    pace = HostPace(0.0)
    pace.put_off = 0
    assert [host_pays(pace, times) for times in range(5)] == [True, *[False] * 4]


def test_a_host_that_puts_off_all_of_its_urls_pays_for_them():
    pace = HostPace(0.0)
    pace.put_off = 0
    assert all(host_pays(pace, times) for times in range(50) for _ in range(3))


def test_a_good_answer_between_shows_that_it_is_the_url_that_is_refused():
    pace = HostPace(0.0)
    pace.put_off = 0
    assert all(host_pays(pace, times) for times in range(2) for _ in range(3))
    pace.put_off = 0  # it answered for another
    assert not host_pays(pace, 2)
