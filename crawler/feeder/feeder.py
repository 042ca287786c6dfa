"""The feeder hands tasks off, host by host in turn, as each becomes ready.

In memory are the hosts that this process owns (`own_hosts`), with the tasks that the leaser has
leased for them (`leaser`). All other hosts and tasks wait in the frontier.
"""

import heapq
import time
from collections.abc import Callable, Iterable
from itertools import count, islice

import gevent
from gevent.event import Event
from gevent.queue import Queue

from crawler.feeder.host import LOOKAHEAD_S, Host, wall
from crawler.feeder.leaser import LOOK_EVERY_S, Leaser
from crawler.feeder.own_hosts import OwnHosts
from crawler.frontier import Frontier
from crawler.model import Seconds, Task, Visited
from crawler.policy.pause import Pause
from crawler.records import HostRecord

HAND_OFF_SLICE_S: Seconds = 0.01
"""Longest stretch of handing off without a pause.

gevent's queue switches to whoever waits for an item within one turn of the event loop: as long as
workers are idle and items come, they all begin their visits, and not one socket is looked at.
"""


class Feeder:
    """Feeds the hand-off until it is killed."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        handoff: "Queue[Task]",
        concurrency: int,
        own_hosts: OwnHosts,
        deliver: Callable[[Visited], None],
    ) -> None:
        self._handoff = handoff
        self.concurrency = concurrency
        self._own_hosts = own_hosts
        self._deliver = deliver
        self._ready: list[tuple[Seconds, int, Host]] = []
        self._turn = count()
        self._wake = Event()
        self.busy = 0
        """Visits handed off or under way."""
        self.pause = Pause()
        self.leaser = Leaser(
            frontier,
            owner,
            own_hosts,
            requeue=self._requeue,
            room=self._room_for_hosts,
            pause=self.pause,
            end_unvisited=self._end_unvisited,
        )

    def run(self) -> None:
        """Hand off, for ever."""
        rested_at = 0.0
        while True:
            now = time.monotonic()
            if self._ready and self._ready[0][0] <= now and self.pause.allows(now, self.busy):
                if now < rested_at + HAND_OFF_SLICE_S:
                    self._hand_off(heapq.heappop(self._ready)[2])
                else:
                    gevent.sleep(0.001)
                    rested_at = time.monotonic()
            else:
                self._wait(now)
                rested_at = time.monotonic()

    def begun(self, task: Task, address: str | None = None) -> bool:
        """Note that a worker begins a visit; refuse it if its host moved, see `OwnHosts.begun`."""
        begun, freed = self._own_hosts.begun(task, address)
        if not begun:
            self.busy -= 1
            self.leaser.look_in()
        self._requeue([self._own_hosts.hosts[task.host_id], *freed])
        return begun

    def finished(self, visited: Visited) -> Visited:
        """Note that a visit is over; its outcome is still to be settled."""
        visited, freed = self._own_hosts.finished(visited)
        self.busy -= 1
        host = self._own_hosts.hosts[visited.task.host_id]
        self._end_unvisited(host)
        self._requeue([*freed, host])
        if self.pause.active:
            self._wake.set()
        return visited

    def given_up(self, task: Task) -> bool:
        """Tell whether the host of a task has been silent for too long."""
        return self._own_hosts.hosts[task.host_id].pace.given_up(time.monotonic())

    def settled(self, tasks: Iterable[Task]) -> None:
        """Note that outcomes are recorded; a host with nothing open can go back."""
        for task in tasks:
            self._own_hosts.settled(task)
        self.leaser.look_in()

    def owed(self, hosts: Iterable[int] | None = None) -> list[HostRecord]:
        """Return what the given hosts, or all, are owed, in wall time as the frontier stores it."""
        return self._own_hosts.owed(hosts)

    def _room_for_hosts(self) -> int:
        if self.pause.active:  # only what a probe needs
            return int(not self._ready and self.pause.allows(time.monotonic(), self.busy))
        soon = time.monotonic() + LOOKAHEAD_S
        enough = max(0, 2 * self.concurrency - self.busy)
        startable = (ready for ready in self._ready if ready[0] <= soon)
        if sum(1 for _ in islice(startable, enough)) >= enough:
            return 0
        most = max(1024, 4 * self.concurrency)
        return max(0, min(self.concurrency, most - len(self._own_hosts.hosts)))

    def _end_unvisited(self, host: Host) -> None:
        for visited in self._own_hosts.end_unvisited(host):
            self._deliver(visited)

    def _requeue(self, hosts: Iterable[Host]) -> None:
        """Put hosts where they belong: among the ready, those to refill, or neither."""
        now = time.monotonic()
        for host in hosts:
            self._enqueue(host, now)

    def _enqueue(self, host: Host, now: Seconds) -> None:
        if host.tasks and not host.queued and (ready_at := host.ready_at()) is not None:
            host.queued = True
            heapq.heappush(self._ready, (max(ready_at, now), next(self._turn), host))
            self._wake.set()
        self.leaser.look_for(host, now)

    def _hand_off(self, host: Host) -> None:
        """Give a host its turn; while every worker is busy, this is where the feeder waits."""
        host.queued = False
        now = time.monotonic()
        host.close(now, wall())
        ready_at = host.ready_at()
        if not host.tasks or ready_at is None or ready_at > now:
            return self._pass_over(host)
        at = self._own_hosts.addresses.allows(host, now)
        if at is None or at > now:
            return self._wait_for_address(host, at, now)
        task = host.tasks.popleft()
        self._own_hosts.handed_off(host, task)
        self.busy += 1
        self._requeue([host])
        return self._handoff.put(task)

    def _wait_for_address(self, host: Host, at: Seconds | None, now: Seconds) -> None:
        """Put a host into the line of its address, or look at it again when its time has come."""
        host.queued = True
        at = self._own_hosts.addresses.line_up(host, at, now)
        if at is not None:
            heapq.heappush(self._ready, (at, next(self._turn), host))

    def _pass_over(self, host: Host) -> None:
        """Leave out a host whose tasks went back or whose rest has moved, and let another go on."""
        if self._own_hosts.hosts.get(host.id) is host:
            self._requeue([host])
        self._requeue(self._own_hosts.addresses.next_in(host.address))

    def _wait(self, now: Seconds) -> None:
        until = self._ready[0][0] if self._ready else now + LOOK_EVERY_S
        if self.pause.active and self._ready:  # for a probe, or for the end of the one under way
            until = max(until, self.pause.until if not self.busy else now + LOOK_EVERY_S)
        self._wake.wait(max(0.0, until - now))
        self._wake.clear()
