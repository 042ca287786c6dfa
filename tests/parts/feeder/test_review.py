"""What a host rests for is computed anew under the limits of today; what it asked for is kept."""

import pytest

from crawler.feeder.host import Host
from crawler.feeder.paced import record_of
from crawler.model import Kind
from crawler.policy.host_limits import HostLimits
from crawler.policy.hours import parse
from crawler.policy.politeness import HostPace
from tests.parts.frontiers import gone

URLS = [f"http://a/{number}" for number in range(9)]
IP = "192.0.2.7"
EXACT_S = 0.001


def visited(work, kind=Kind.STORED, **outcome):
    """Visit a URL of the host, and return when it answered."""
    ((_, task), *_) = work.starts(100)
    work.end(task, kind, after=0.0, **outcome)
    return work.now


@pytest.mark.parametrize("held", [True, False], ids=["held", "without an owner"])
@pytest.mark.parametrize(
    "before",
    [{"delay": "1h"}, {"max_per_day": 1}, {"hours": "00:00-00:01"}],
    ids=["delay", "budget", "hours"],
)
def test_a_limit_that_is_lowered_is_in_force_at_once(hosts_at_work, before, held):
    work = hosts_at_work(delay="6s")
    work.add(*URLS[:2])
    answered = visited(work)
    work.reload({"a": before})
    if not held:
        assert work.starts(4) == []
        assert work.lease() == [], "it rests for long, so it went back"
    work.reload()
    ((at, _), *_) = work.starts(30)
    assert at - answered == pytest.approx(6, abs=EXACT_S)


def test_a_lower_max_backoff_holds_for_failures_that_are_over(hosts_at_work):
    work = hosts_at_work(delay="1s")
    work.add(*URLS)
    for _ in range(6):
        failed = visited(work, Kind.TIMEOUT, status=None)
    assert work.starts(40) == [], "it rests for two minutes"
    work.reload({"a": {"max_backoff": "5s"}})
    lowered = work.now
    ((at, _), *_) = work.starts(100)
    assert failed < at <= lowered + 5 + EXACT_S


def test_what_a_host_asked_for_itself_is_kept(hosts_at_work):
    work = hosts_at_work(delay="1h")
    work.add(*URLS)
    answered = visited(work, Kind.HTTP_ERROR, status=503, retry_after=300.0)
    work.lease()
    work.reload({"a": {"delay": "1s", "max_backoff": "1s"}})
    ((at, _), *_) = work.starts(4000)
    assert at - answered == pytest.approx(300, abs=EXACT_S)


def test_a_delay_that_is_raised_holds_for_hosts_that_nobody_owns(hosts_at_work):
    work = hosts_at_work(delay="3s")
    work.add(*URLS)
    answered = visited(work)
    work.lease()
    work.now += 1
    work.reload({"a": {"delay": "30s"}})
    ((at, _), *_) = work.starts(100)
    assert at - answered == pytest.approx(30, abs=EXACT_S)


def test_a_process_that_starts_with_a_lower_delay_uses_it_at_once(hosts_at_work):
    work = hosts_at_work(delay="1h", hosts={"a": {"delay": "2h"}})
    work.add(*URLS)
    answered = visited(work)
    work.frontier.leave(work.owner, work.feeder.owed(), work.wall())
    later = hosts_at_work(delay="5s", now=work.now)
    later.review.run()
    ((at, _), *_) = later.starts(30)
    assert at - answered == pytest.approx(5, abs=EXACT_S)


def test_a_host_that_died_with_its_owner_rests_a_delay_of_today(hosts_at_work):
    work = hosts_at_work(delay="1h", process=gone())
    work.add(*URLS)
    work.starts()
    later = hosts_at_work(delay="5s", now=work.now + 1)
    later.reclaim()
    reclaimed = later.now
    later.review.run()
    ((at, _), *_) = later.starts(30)
    assert at - reclaimed == pytest.approx(5, abs=EXACT_S)


HOSTS = [f"http://{name}/0" for name in "abcd"]
SLOW = HostLimits(delay=10.0)


@pytest.mark.parametrize("end", ["release", "crash"])
def test_the_rest_of_an_address_lasts_over_the_end_of_a_process(hosts_at_work, end):
    work = hosts_at_work(delay=0, addresses=SLOW, process=gone())
    work.add(*HOSTS)
    ((_, task),) = work.starts(0.1, at=IP)
    work.end(task, after=0.0)
    answered = work.now
    if end == "release":
        work.frontier.leave(work.owner, work.feeder.owed(), work.wall())
    later = hosts_at_work(delay=0, addresses=SLOW, now=work.now + 1)
    later.reclaim()
    ((at, _), *_) = later.starts(30, at=IP)
    assert at >= answered + 10 - EXACT_S, "another host there has been visited"


def test_an_address_passes_to_another_process_with_its_rest(hosts_at_work):
    one = hosts_at_work(delay=0, addresses=SLOW)
    one.add(HOSTS[0])
    ((_, task),) = one.starts(0.1, at=IP)
    one.end(task, after=0.0)
    answered = one.now
    while one.lease():
        one.now += 1.0
    other = hosts_at_work(delay=0, addresses=SLOW, now=one.now)
    other.add(HOSTS[1])
    ((at, task), *_) = other.starts(30, at=IP)
    assert task.url == HOSTS[1]
    assert at - answered == pytest.approx(10, abs=0.1)


def test_a_lower_delay_of_addresses_is_in_force_at_once(hosts_at_work):
    work = hosts_at_work(delay=0, addresses=HostLimits(delay=3600.0))
    work.add(*HOSTS)
    ((_, task),) = work.starts(0.1, at=IP)
    work.end(task, after=0.0)
    answered = work.now
    assert work.starts(5, at=IP) == []
    work.reload(addresses=HostLimits(delay=7.0))
    ((at, _), *_) = work.starts(30, at=IP)
    assert at - answered == pytest.approx(7, abs=0.1)


@pytest.mark.parametrize(
    ("hours", "most", "delay", "per_day"),
    [(None, None, 2.0, None), (None, 7, 2.0, 7), ("08:00-09:00", None, 2.0, 1800),
     ("08:00-09:00", 7, 2.0, 7), ("08:00-09:00", 9000, 2.0, 1800), ("08:00-09:00", 7, 0.0, 7),
     ("08:00-09:00", None, 9000.0, 1)],
)  # fmt: skip
def test_a_host_records_how_many_visits_a_day_its_budget_and_hours_allow(
    hours, most, delay, per_day
):
    host = Host(1, "a:80", HostPace(0.0, HostLimits(delay=delay, max_per_day=most)), 0.0)
    host.hours = parse(hours) if hours else None
    assert record_of(host, 0.0).per_day == per_day
