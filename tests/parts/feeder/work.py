"""The hosts of a process at work on a made-up clock: a story of hours is told in milliseconds.

Frontier, feeder, leaser and settler are the real ones; no greenlet runs them. The test says what
time it is, when a lease is made, and how hosts answer.
"""

import heapq

import pytest
from gevent.queue import Queue

from crawler.config import Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.feeder import leaser
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.feeder.review import Review
from crawler.frontier import Watched
from crawler.frontier.process import current
from crawler.model import Kind, Outcome, Task, Visited
from crawler.records import Settlement
from crawler.settler import Settler
from crawler.worker.ends import Ends
from crawler.worker.guard import Guard
from crawler.worker.judge import Judge
from crawler.worker.robots_rules import Rulebook
from tests.parts.frontiers import Seen, beat, reclaim, seed
from tests.parts.logs import Silence

LOOKS = 60
"""How often the leaser looks, at the least, in a stretch of made-up time, were it of hours."""
OFFSET = 1_800_000_000.0
"""What leads from the made-up monotonic clock to wall time."""


class Work:
    """A process that owns hosts of `frontier`; several may share one frontier."""

    def __init__(
        self, frontier, files, *, hosts=None, now=1000.0, process=None, addresses=None, **options
    ):
        job = self._job = Job(name="job", urls=("http://a/",), robots="ignore", **options)
        overrides = HostOverrides(self.settings(hosts))
        self.now, self.addresses = now, addresses
        self.ahead = 0.0
        """How far the wall clock was set forward."""
        frontier = self.frontier = Seen(frontier, self.wall, lambda: self.ahead)
        self.owner = frontier.join(process or current()).owner
        frontier.configure(overrides.job_terms(), obeys={"*": False})
        self._handoff: Queue[Task] = Queue()
        self.told: list[Settlement] = []
        ends = self._ends = Ends()
        self.own_hosts = OwnHosts(overrides, addresses, Silence())
        self.review = Review(
            frontier, self.owner, self.feeder_of(ends), overrides, lambda: self.addresses,
        )  # fmt: skip
        rules = Rulebook(frontier, overrides, {"job": job}, "crawlerd", Silence())
        judge = Judge({"job": job}, rules, self.feeder.given_up, Guard(Silence()))
        self.settler = Settler(
            frontier, self.owner, {"job": job}, files, self.feeder, judge, self.told.append, ends,
        )  # fmt: skip

    def feeder_of(self, ends):
        self.feeder = Feeder(
            self.frontier, self.owner, self._handoff, 4, self.own_hosts, deliver=ends.put,
            monotonic=lambda: self.now,
        )  # fmt: skip
        return self.feeder

    def settings(self, hosts=None):
        return Settings(jobs=(self._job,), hosts=hosts or {})

    def reload(self, hosts=None, addresses=None):
        """Put other limits of hosts, and of addresses, in force."""
        self.own_hosts.overrides.take_up(HostOverrides(self.settings(hosts)))
        self.addresses = addresses
        self.review.ask()
        self.review.run()

    def wall(self):
        return self.now + OFFSET

    def add(self, *urls):
        """Make URLs known, due now."""
        self.frontier.add("job", [seed(url) for url in urls], self.wall())

    def beat(self):
        beat(self.frontier, self.owner, self.wall(), watched=Watched())

    def lease(self):
        """Make a lease, and return the keys of the hosts that the process has then."""
        self.feeder.leaser.lease()
        return sorted(host.key for host in self.own_hosts.hosts.values())

    def starts(self, for_s=0.0, *, at=None):
        """Hand off what can begin within a time, which passes; return (when, task) of each.

        Nobody else is at work meanwhile, for whose sake the leaser would look every second.
        """
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(leaser, "LOOK_EVERY_S", max(leaser.LOOK_EVERY_S, for_s / LOOKS))
            return self._starts(for_s, at)

    def _starts(self, for_s, at):
        begun, until = [], self.now + for_s
        while True:
            ready = self.feeder._ready if self.feeder._may_begin(self.now) else []
            if ready and ready[0][0] <= self.now:
                self.feeder._hand_off(heapq.heappop(ready)[2], self.now)
                while not self._handoff.empty():
                    task = self._handoff.get()
                    if self.feeder.begun(task, at):
                        begun.append((self.now, task))
                continue
            coming = min([self.feeder.leaser.lease_at, *(at for at, *_ in ready[:1])])
            if coming > until:
                self.now = until
                return begun
            self.now = max(self.now, coming)
            if self.now >= self.feeder.leaser.lease_at:
                self.feeder.leaser.lease()

    def end(self, task, kind=Kind.STORED, *, status=200, after=0.01, **known):
        """Let the host of a visit answer so after a time, settle it, and return what came of it."""
        self.now += after
        outcome = Outcome(kind, status, elapsed=after, **known)
        self.settler.take(Visited(task, outcome, self.now))
        self.settle()
        return self.told[-1]

    def settle(self):
        """Settle what waits for it."""
        self.settler._fill()
        self.settler._settle()

    def settle_all(self):
        """Lease and settle while there is something that ends unvisited."""
        before = -1
        while before != len(self.told):
            before = len(self.told)
            self.lease()
            self.now += 0.1
            while len(self._ends):
                self.settle()

    def reclaim(self):
        """Take back what processes of this machine held that are gone."""
        reclaim(self.frontier, self.wall(), mine=self.owner)
