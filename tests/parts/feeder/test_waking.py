"""Hosts that failed and are woken: at once, whoever has them, and whatever was computed before."""

import pytest

from crawler.errors import UsageError
from crawler.frontier import changed
from crawler.frontier.wishes import WakeHost
from crawler.model import Kind
from crawler.policy.backoff import FAILURES_TO_REST
from tests.parts.ledgers import execute

URLS = [f"http://a/{number}" for number in range(9)]


def wake(work, name="a", *, force=False):
    """Wake a host, as a verb does."""
    return changed(work.frontier, WakeHost(name, force))


def hear(work):
    """Have the process hear of it."""
    heard = work.frontier.hear(work.owner, 0)
    work.feeder.wake(heard.woken)
    work.frontier.heed(work.owner, heard.number)


def failing(hosts_at_work, **options):
    """A process at work at a host that has failed until it rests long."""
    work = hosts_at_work(delay=0, attempts=100, **options)
    work.add(*URLS)
    for _ in range(FAILURES_TO_REST):
        ((_, task), *_) = work.starts(4000)
        work.end(task, Kind.TIMEOUT, status=None, after=1.0)
    return work


def test_a_host_that_nobody_has_is_visited_at_once(hosts_at_work):
    work = failing(hosts_at_work)
    assert work.starts(3) == []
    assert work.lease() == [], "it went back, for it rests long"
    assert wake(work)["hosts"] == 1
    hear(work)
    assert work.starts(0.2)
    (host,) = work.own_hosts.hosts.values()
    assert (host.pace.failures, host.pace.backoff, host.pace.silent) == (0, 0.0, False)


def test_a_host_in_memory_is_visited_at_once(hosts_at_work):
    work = hosts_at_work(delay=0, attempts=100)
    work.add(*URLS)
    ((_, task), *_) = work.starts(0)
    work.end(task, Kind.TIMEOUT, status=None, after=1.0)
    assert work.starts(0.1) == []
    assert work.own_hosts.hosts
    wake(work)
    hear(work)
    assert work.starts(0.1)


def test_a_rest_that_was_computed_before_the_wake_was_heard_counts_no_more(hosts_at_work):
    work = failing(hosts_at_work)
    assert work.own_hosts.hosts, "its owner has it yet, with its rest"
    wake(work)
    assert work.starts(5), "it gave the host back, and had not heard"


def test_failures_after_the_wake_rest_the_host_anew(hosts_at_work):
    work = failing(hosts_at_work)
    wake(work)
    hear(work)
    for _ in range(2):
        ((_, task), *_) = work.starts(4000)
        work.end(task, Kind.TIMEOUT, status=None, after=1.0)
    rests = "SELECT failures, failed_until > answered_at FROM host"
    ((failures, later),) = execute(work.frontier._frontier.frontier._file.state, rests)
    assert (failures, later) == (2, 1)


def test_a_url_that_waits_after_a_failure_comes_forward(hosts_at_work):
    work = hosts_at_work(delay=0, attempts=100)
    work.add(URLS[0])
    ((_, task),) = work.starts()
    work.end(task, Kind.TIMEOUT, status=None, after=1.0)
    assert work.starts(0.1) == []
    assert wake(work)["urls"] == 1
    hear(work)
    assert [task.url for _, task in work.starts(0.2)] == URLS[:1]


@pytest.mark.parametrize("force", [False, True])
def test_what_the_host_asked_for_ends_by_force_alone(hosts_at_work, force):
    work = hosts_at_work(delay=0)
    work.add(*URLS)
    ((_, task),) = work.starts()
    work.end(task, Kind.HTTP_ERROR, status=429, retry_after=600.0)
    work.starts(5)
    wake(work, force=force)
    hear(work)
    assert bool(work.starts(1)) is force


def test_its_delay_holds_on(hosts_at_work):
    work = failing(hosts_at_work)
    work.starts(3)
    execute(work.frontier._frontier.frontier._file.state, "UPDATE job SET delay = 3.0")
    answered = work.now - 3
    wake(work)
    hear(work)
    ((at, _), *_) = work.starts(10)
    assert at <= answered + 10


def test_a_host_that_nobody_knows_is_refused(hosts_at_work):
    work = hosts_at_work()
    work.add(*URLS)
    with pytest.raises(UsageError, match="no host z is known"):
        wake(work, "z")
