"""Hosts in memory as tests of the feeder's room tell their stories: made-up times, no frontier."""

from crawler.config import Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.feeder.own_hosts import OwnHosts
from crawler.frontier import LeasedHost
from crawler.model import Kind, Outcome, Task, Visited
from crawler.policy.host_limits import HostLimits


class Told:
    """A log that remembers."""

    def __init__(self):
        self.told = []

    def info(self, event, **fields):
        self.told.append((event, fields))

    debug = warning = error = info


X, Y = "192.0.2.1", "192.0.2.2"
OFFSET = 1.8e9
"""What leads from the made-up monotonic clock to wall time."""


def held_at(*places, slots=1, per_host=1):
    """What a process holds: a host with three tasks for every address given."""
    rules = HostOverrides(Settings(jobs=(Job(name="job", urls=("http://h/",)),)))
    held, hosts = OwnHosts(rules, HostLimits(per_host=slots), Told()), []
    for number, address in enumerate(places, 1):
        url = f"http://h{number}/"
        tasks = tuple(
            Task(10 * number + n, "job", url, url, f"h{number}:80", number, n, 1) for n in range(3)
        )
        leased = LeasedHost(number, f"h{number}:80", 0.0, 0.0, per_host, tasks, address=address)
        hosts.append(held.take(leased, 0.0, OFFSET))
    return held, hosts


def start(held, host, address=None, now=0.0):
    """Hand a task off and begin its visit; return it, whether it began, and who may go on."""
    task = host.tasks.popleft()
    held.handed_off(host, task, now)
    return task, *held.begun(host, task, address or host.address, now)


def end(held, task, now=0.0):
    """End a visit well; return who may go on."""
    visited = Visited(task, Outcome(Kind.STORED, 200), answered_at=now)
    return held.finished(held.hosts[task.host_id], visited, now, OFFSET)[1]


def park(held, *hosts):
    for host in hosts:
        host.queued = True
        assert held.addresses.line_up(host, None, 0) is None
