"""Leases of several processes, at once on one server."""

import random
from collections import Counter

import gevent

from crawler.frontier import Clocks, open_frontier
from crawler.frontier.process import Process
from crawler.model import Kind
from crawler.records import Done, HostRecord
from crawler.state_address import state_address
from tests.parts.frontiers import seeds, settled

PROCESSES = 4
HOSTS = 40
EACH = 4
ADDRESSES = [f"192.0.2.{number}" for number in range(8)]
ROUNDS = 400


class Story:
    """What the processes hold, as they know it: told before it is given back, and after it came."""

    def __init__(self):
        self.hosts = {}
        """The process of each host, by number."""
        self.addresses = {}
        """The process at each address, and how many hosts it has there."""
        self.visits = Counter()

    def has_come(self, owner, host):
        assert host.id not in self.hosts, f"{host.key} has two owners"
        self.hosts[host.id] = owner, host.address
        if host.address:
            self.come_to(owner, host.address)

    def come_to(self, owner, address):
        of, number = self.addresses.get(address, (owner, 0))
        assert not number or of == owner, f"{address} has two owners"
        self.addresses[address] = owner, number + 1

    def leaves(self, host):
        _, address = self.hosts.pop(host)
        if address:
            of, number = self.addresses[address]
            self.addresses[address] = of, number - 1


class Visitor:
    """A process that leases, visits, moves hosts to addresses, and gives back."""

    def __init__(self, story, frontier, number):
        self.story, self.frontier = story, frontier
        self.random = random.Random(number)
        self.owner = frontier.join(Process("elsewhere", number, "1")).owner
        self.mine = {}

    def run(self):
        for _ in range(ROUNDS):
            if sum(self.story.visits.values()) == HOSTS * EACH:
                return
            self.round()

    def round(self):
        now, pick = self.frontier.now(), self.random
        idle = [host for host in self.mine if pick.random() < 0.5]
        moves = [host for host in self.mine if host not in idle and self.mine[host] is None]
        found = [HostRecord(host, now, address=pick.choice(ADDRESSES)) for host in moves]
        back = [HostRecord(host, now, address=self.mine[host]) for host in idle]
        for host in [*idle, *moves]:  # until the answer these are nobody's, as far as one knows
            self.story.leaves(host)
            self.mine.pop(host)
        lease = self.frontier.lease(self.owner, new=3, refills={}, idle=back, found=found)
        for one in found:
            if one.id not in lease.refused:
                self.story.hosts[one.id] = self.owner, one.address
                self.story.come_to(self.owner, one.address)
                self.mine[one.id] = one.address
        for host in lease.hosts:
            self.story.has_come(self.owner, host)
            self.mine[host.id] = host.address
        self.visit([task for host in lease.hosts for task in host.tasks])

    def visit(self, tasks):
        now = self.frontier.now()
        ends = [settled(task, Kind.STORED, Done(), now, status=200, size=1) for task in tasks]
        self.frontier.settle(self.owner, ends, [])
        self.story.visits.update(task.id for task in tasks)


def test_leases_at_once_share_no_host_no_address_and_no_visit(database):
    story, address = Story(), state_address(database)
    frontiers = [open_frontier(address, durable=False, clocks=Clocks()) for _ in range(PROCESSES)]
    for one in frontiers:
        one.__enter__()
    frontiers[0].add("job", seeds(*(f"h{number}.example:80" for number in range(HOSTS)), each=EACH))
    visitors = [Visitor(story, one, number) for number, one in enumerate(frontiers, 1)]
    gevent.joinall([gevent.spawn(one.run) for one in visitors], raise_error=True)
    assert set(story.visits.values()) == {1}
    assert len(story.visits) == HOSTS * EACH
    counts = frontiers[0].sums().counts
    assert (counts.waiting, counts.leased) == (0, 0)
    for one in frontiers:
        one.__exit__()
