"""A host in memory: how many tasks it should have there, and when to look for them."""

from crawler.feeder.host import MAX_TASKS_AHEAD, QUICK_REFILL_S, SLOW_REFILL_S, Host
from crawler.feeder.lead import LOOKAHEAD_S
from crawler.feeder.refills import RefillQueue
from crawler.model import Task
from crawler.policy.host_limits import HostLimits
from crawler.policy.politeness import HostPace

NOW = 1000.0


def host_of(**limits) -> Host:
    return Host(1, "a:80", HostPace(NOW, HostLimits(**limits)), NOW)


def tasks(number, first=1, *, robots=False):
    urls = [f"http://a/{at}" for at in range(first, first + number)]
    return [
        Task(at, "j", url, url, "a:80", 1, at, 1, robots=robots) for at, url in enumerate(urls, 1)
    ]


def test_a_host_with_a_delay_has_the_tasks_of_the_time_that_a_lease_may_take():
    host = host_of(delay=0.05)
    assert host.missing_tasks(NOW) == 2 * (1 + 5)
    host.take(tasks(6))
    assert host.refill_at(NOW) is None
    host.tasks.popleft()
    assert host.refill_at(NOW) == NOW, f"what is left is over within {LOOKAHEAD_S} s"


def test_a_host_without_a_delay_has_more_tasks_the_faster_it_uses_them_up():
    host = host_of(per_host=1)
    wanted = []
    for at in range(12):
        wanted.append(host.missing_tasks(NOW + at * QUICK_REFILL_S / 2))
        host.take(tasks(wanted[-1]))
        host.tasks.clear()
    assert wanted[:4] == [2, 4, 8, 16]
    assert wanted[-1] == MAX_TASKS_AHEAD
    now = NOW + 11 * QUICK_REFILL_S / 2
    assert host.missing_tasks(now + SLOW_REFILL_S - 0.1) == MAX_TASKS_AHEAD, "not so quick"
    assert host.missing_tasks(now + 100) == MAX_TASKS_AHEAD // 2, "it was slow this time"


def test_a_host_that_got_nothing_did_not_use_it_up():
    host = host_of(per_host=1)
    host.take(tasks(host.missing_tasks(NOW)))
    host.tasks.clear()
    assert host.missing_tasks(NOW) == 4
    host.take([])
    assert host.missing_tasks(NOW) == 4


def test_a_host_that_was_given_tasks_since_it_was_noted_is_not_asked_for():
    host, refills = host_of(per_host=1), RefillQueue()
    refills.note(host, NOW)
    host.take(tasks(2))
    assert refills.due(NOW) == []
    host.tasks.clear()
    refills.note(host, NOW)
    assert refills.due(NOW) == [host]


def test_a_host_knows_when_its_robots_txt_is_being_visited():
    host = host_of()
    host.take(tasks(1, robots=True))
    host.take([])
    assert host.robots
