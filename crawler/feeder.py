"""The feeder leases tasks of hosts that are ready and hands them off, host by host in turn.

In memory it holds what this process owns: for every leased host its rest and the few tasks that can
start within LOOKAHEAD. All else waits in the frontier.
"""

import heapq
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from gevent.event import Event
from gevent.queue import Queue

from crawler.frontier import Frontier, LeasedHost
from crawler.model import HostRest, Seconds, Task
from crawler.pause import Pause
from crawler.politeness import Rest

LOOKAHEAD: Seconds = 0.25
"""Tasks are leased this long before their host is ready, so that many share one transaction."""
PAUSE: Seconds = 0.01
"""Shortest time between two leases."""
POLL: Seconds = 1.0
"""Longest time between two looks for ready hosts: other processes add and release them too."""


@dataclass(slots=True, eq=False)
class Host:
    """A host this process owns."""

    id: int
    rest: Rest
    tasks: deque[Task] = field(default_factory=deque)
    open: int = 0
    """Tasks leased and not settled."""
    dry: bool = False
    """The frontier has nothing more for it now; it goes back once nothing is open."""
    queued: bool = False
    """It stands in the heap of ready hosts."""

    def lacks(self, now: Seconds) -> int:
        """Return how many tasks to lease for it: none while they would only wait in memory."""
        if self.dry:
            return 0
        if self.rest.delay < LOOKAHEAD:
            return max(0, 2 * self.rest.per_host - len(self.tasks))
        ready_at = self.rest.ready_at()
        soon = ready_at is not None and ready_at <= now + LOOKAHEAD
        return 1 if soon and not self.tasks else 0


class Feeder:
    """Feeds the hand-off until it is killed."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        handoff: "Queue[Task]",
        concurrency: int,
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._handoff = handoff
        self._concurrency = concurrency
        self._max_hosts = max(1024, 4 * concurrency)
        self._hosts: dict[int, Host] = {}
        self._ready: list[tuple[Seconds, int, Host]] = []
        self._thirsty: dict[int, Host] = {}
        self._turn = count()
        self._wake = Event()
        self._lease_at: Seconds = 0.0
        self._leased_at: Seconds = 0.0
        self.busy = 0
        """Visits handed off or under way."""
        self.pause = Pause()

    def run(self) -> None:
        """Lease and hand off, for ever."""
        while True:
            now = time.monotonic()
            if now >= self._lease_at:
                self._lease()
            elif self._ready and self._ready[0][0] <= now and self.pause.allows(now, self.busy):
                self._hand_off(heapq.heappop(self._ready)[2])
            else:
                self._wait(now)

    def begun(self, task: Task) -> None:
        """Note that a worker begins a visit."""
        host = self._hosts[task.host_id]
        host.rest.begun(time.monotonic())
        self._requeue(host)

    def finished(self, task: Task, answered_at: Seconds) -> None:
        """Note that a visit is over; its outcome is still to be settled."""
        host = self._hosts[task.host_id]
        host.rest.finished(answered_at)
        self.busy -= 1
        self._requeue(host)
        if self.pause.active:
            self._wake.set()

    def rest(self, task: Task, seconds: Seconds) -> None:
        """Let a host rest as long as it asked for."""
        host = self._hosts[task.host_id]
        host.rest.next_at = max(host.rest.next_at, time.monotonic() + seconds)

    def settled(self, tasks: Iterable[Task]) -> None:
        """Note that outcomes are recorded; a host with nothing open can go back."""
        for task in tasks:
            self._hosts[task.host_id].open -= 1
        self._look_in(PAUSE)

    def look(self) -> None:
        """Look into the frontier soon: something was added to it."""
        self._look_in(0.05)

    def owed(self, hosts: Iterable[int] | None = None) -> list[HostRest]:
        """Return what the given hosts, or all, are owed, in wall time as the frontier stores it."""
        offset = time.time() - time.monotonic()
        chosen = [self._hosts[host] for host in (self._hosts if hosts is None else hosts)]
        return [HostRest(host.id, host.rest.next_at + offset) for host in chosen]

    def _lease(self) -> None:
        """Give idle hosts back, fill thirsty ones, and take new ones while workers are free."""
        now = time.monotonic()
        self._leased_at, self._lease_at = now, now + POLL
        idle = [host.id for host in self._hosts.values() if host.dry and not host.open]
        wants = {host.id: lack for host in self._thirsty.values() if (lack := host.lacks(now))}
        new = self._room_for_hosts()
        lease = self._frontier.lease(
            self._owner, time.time(), new=new, wants=wants, idle=self.owed(idle)
        )
        for gone in idle:
            del self._hosts[gone]
        offset = time.monotonic() - time.time()
        for leased in lease.hosts:
            self._take(leased, offset, wanted=wants.get(leased.id, 1))
        self._give_up(lease.surplus)
        full = new > 0 and len(lease.hosts) - len(wants) >= new
        found = any(leased.tasks for leased in lease.hosts)
        self._plan(lease.next_at, offset, full=full, found=found)

    def _room_for_hosts(self) -> int:
        if self.pause.active:  # only what a probe needs
            return int(not self._ready and self.pause.allows(time.monotonic(), self.busy))
        soon = time.monotonic() + LOOKAHEAD
        startable = sum(1 for ready_at, _, _ in self._ready if ready_at <= soon)
        if self.busy + startable >= 2 * self._concurrency:
            return 0
        return min(self._concurrency, self._max_hosts - len(self._hosts))

    def _take(self, leased: LeasedHost, offset: Seconds, *, wanted: int) -> None:
        host = self._hosts.get(leased.id)
        if host is None:
            host = self._hosts[leased.id] = Host(leased.id, Rest(leased.next_at + offset))
        host.rest.delay, host.rest.per_host = leased.delay, leased.per_host
        host.tasks.extend(leased.tasks)
        host.open += len(leased.tasks)
        host.dry = len(leased.tasks) < wanted
        self._requeue(host)

    def _give_up(self, surplus: int) -> None:
        """Let go of hosts beyond the fair share as soon as their tasks in memory are done."""
        for host in list(self._hosts.values())[:surplus]:
            host.dry = True
            self._thirsty.pop(host.id, None)

    def _plan(self, next_at: Seconds | None, offset: Seconds, *, full: bool, found: bool) -> None:
        """Decide when to look again."""
        now = time.monotonic()
        if full and self._room_for_hosts():
            self._look_in(PAUSE)
        if next_at is not None and (found or next_at + offset > now):
            self._look_in(max(PAUSE, next_at + offset - now))
        for host in self._thirsty.values():
            self._look_for(host, now)

    def _requeue(self, host: Host) -> None:
        """Put a host where it belongs now: among the ready, the thirsty, or neither."""
        now = time.monotonic()
        ready_at = host.rest.ready_at()
        if host.tasks and ready_at is not None and not host.queued:
            host.queued = True
            heapq.heappush(self._ready, (max(ready_at, now), next(self._turn), host))
            self._wake.set()
        if host.dry or (host.tasks and host.rest.delay >= LOOKAHEAD):
            self._thirsty.pop(host.id, None)
        else:
            self._thirsty[host.id] = host
            self._look_for(host, now)

    def _look_for(self, host: Host, now: Seconds) -> None:
        ready_at = host.rest.ready_at()
        if host.rest.delay < LOOKAHEAD:
            if len(host.tasks) <= host.rest.per_host // 2:
                self._look_in(PAUSE)
        elif ready_at is not None and not host.tasks:
            self._look_in(ready_at - LOOKAHEAD / 2 - now)

    def _look_in(self, wait: Seconds) -> None:
        at = max(time.monotonic() + wait, self._leased_at + PAUSE)
        if at < self._lease_at:
            self._lease_at = at
            self._wake.set()

    def _hand_off(self, host: Host) -> None:
        """Give a host its turn; while every worker is busy, this is where the feeder waits."""
        host.queued = False
        ready_at = host.rest.ready_at()
        if ready_at is None or ready_at > time.monotonic():  # another visit has moved its rest
            return self._requeue(host)
        task = host.tasks.popleft()
        host.rest.handed_off()
        self.busy += 1
        self._requeue(host)
        return self._handoff.put(task)

    def _wait(self, now: Seconds) -> None:
        until = min(self._lease_at, self._ready[0][0] if self._ready else self._lease_at)
        if self.pause.active and self._ready:  # for a probe, or for the end of the one under way
            until = min(
                self._lease_at, max(until, self.pause.until if not self.busy else now + POLL)
            )
        self._wake.wait(max(0.0, until - now))
        self._wake.clear()
