"""The feeder leases tasks of hosts that are ready and hands them off, host by host in turn.

In memory stand the hosts that this process owns, each with the few tasks that can start within
LOOKAHEAD (`held`). All else waits in the frontier.
"""

import heapq
import time
from collections.abc import Callable, Iterable
from itertools import count, islice

import gevent
from gevent.event import Event
from gevent.queue import Queue

from crawler.frontier import Frontier, Lease
from crawler.held import Held
from crawler.host import AGAIN, LOOKAHEAD, Host, Thirst, wall
from crawler.model import Health, HostRest, Seconds, Task, Visited
from crawler.pause import Pause

PAUSE: Seconds = 0.02
"""Shortest time between two leases."""
POLL: Seconds = 1.0
"""Longest time between two looks for ready hosts: other processes add and release them too."""
SLICE: Seconds = 0.01
"""Longest stretch of handing off without a pause.

gevent's queue switches to whoever waits for an item within one turn of the event loop: as long as
workers are idle and items come, they all begin their visits, and not one socket is looked at.
"""
TURN: Seconds = 5.0
"""How long a host is held while others are ready that this process has no room for."""


class Feeder:
    """Feeds the hand-off until it is killed."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        handoff: "Queue[Task]",
        concurrency: int,
        held: Held,
        doom: Callable[[Visited], None],
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._handoff = handoff
        self.concurrency = concurrency

        self._held = held
        self._doom = doom
        self._ready: list[tuple[Seconds, int, Host]] = []
        self._thirst = Thirst()
        self._turn = count()
        self._wake = Event()
        self._lease_at: Seconds = 0.0
        self._leased_at: Seconds = 0.0
        self.busy = 0
        """Visits handed off or under way."""
        self.pause = Pause()

    def run(self) -> None:
        """Lease and hand off, for ever."""
        rested_at = 0.0
        while True:
            now = time.monotonic()
            if now >= self._lease_at:
                self._lease()
            elif self._ready and self._ready[0][0] <= now and self.pause.allows(now, self.busy):
                if now < rested_at + SLICE:
                    self._hand_off(heapq.heappop(self._ready)[2])
                else:
                    gevent.sleep(0.001)
                    rested_at = time.monotonic()
            else:
                self._wait(now)
                rested_at = time.monotonic()

    def begun(self, task: Task, address: str | None = None) -> bool:
        """Note that a worker begins a visit; refuse it if its host moved, see `Held.begun`."""
        begun, freed = self._held.begun(task, address)
        if not begun:
            self.busy -= 1
            self._look_in(PAUSE)
        self._requeue(self._held.hosts[task.host_id], *freed)
        return begun

    def finished(self, visited: Visited) -> Visited:
        """Note that a visit is over; its outcome is still to be settled."""
        visited, freed = self._held.finished(visited)
        self.busy -= 1
        host = self._held.hosts[visited.task.host_id]
        self._end_doomed(host)
        self._requeue(*freed, host)
        if self.pause.active:
            self._wake.set()
        return visited

    def given_up(self, task: Task) -> bool:
        """Tell whether the host of a task has been silent for too long."""
        return self._held.hosts[task.host_id].rest.given_up(time.monotonic())

    def settled(self, tasks: Iterable[Task]) -> None:
        """Note that outcomes are recorded; a host with nothing open can go back."""
        for task in tasks:
            self._held.settled(task)
        self._look_in(PAUSE)

    def look(self) -> None:
        """Look into the frontier soon: something was added to it, perhaps to hosts that are dry."""
        now = time.monotonic()
        for host in self._held.hosts.values():
            if host.dry:
                host.dry_since = now - AGAIN
                self._look_for(host, now)
        self._look_in(0.05)

    def owed(self, hosts: Iterable[int] | None = None) -> list[HostRest]:
        """Return what the given hosts, or all, are owed, in wall time as the frontier stores it."""
        return self._held.owed(hosts)

    def _lease(self) -> None:
        """Give idle hosts back, fill thirsty ones, and take new ones while workers are free."""
        self._move()
        now = time.monotonic()
        self._leased_at, self._lease_at = now, now + POLL
        long = self._held.resting_long(now)
        back = [task.id for host in long for task in host.tasks]
        idle = [host for host in long if host.open == len(host.tasks)] + self._held.spent()
        idle = list(dict.fromkeys(idle))
        gone = {host.id for host in idle}
        asked = [host for host in self._thirst.due(now) if host.id not in gone]
        wants = {host.id: lack for host in asked if (lack := host.lacks(now))}
        new = self._room_for_hosts()
        lease = self._frontier.lease(
            self._owner, time.time(), new=new, wants=wants, idle=self.owed(gone), back=back
        )
        for host in long:
            host.open -= len(host.tasks)
            host.tasks.clear()
        for host in idle:
            self._held.drop(host)
        for leased in lease.hosts:
            host = self._held.take(leased)
            host.dry = False
            if len(leased.tasks) < wants.get(leased.id, 1):
                host.dry_since = now
                self._held.dry(host)
            self._end_doomed(host)
            self._requeue(host)
        for host in asked:
            self._look_for(host, now)
        self._note_rests(lease)
        self._plan(lease, new=new, wanted=len(wants))

    def _move(self) -> None:
        """Go on with hosts where they were found, but not with those that are another's there."""
        moving = self._held.moving()
        if not moving:
            return
        refused = self._frontier.move(self._owner, self._held.found(moving), time.time())
        for host in moving:
            if host.id in refused:
                self._held.drop(host)
            else:
                self._requeue(host, *self._held.moved(host))

    def _note_rests(self, lease: Lease) -> None:
        """Note the rest of hosts of which the ledger knows only what their jobs say.

        Whoever takes them back after a crash in their first visit owes it to them.
        """
        hosts = [
            leased.id
            for leased in lease.hosts
            if leased.health == Health() and self._held.hosts[leased.id].rest.delay > leased.delay
        ]
        if hosts:
            self._frontier.settle(self._owner, [], self.owed(hosts))

    def _room_for_hosts(self) -> int:
        if self.pause.active:  # only what a probe needs
            return int(not self._ready and self.pause.allows(time.monotonic(), self.busy))
        soon = time.monotonic() + LOOKAHEAD
        enough = max(0, 2 * self.concurrency - self.busy)
        startable = (ready for ready in self._ready if ready[0] <= soon)
        if sum(1 for _ in islice(startable, enough)) >= enough:
            return 0
        most = max(1024, 4 * self.concurrency)
        return max(0, min(self.concurrency, most - len(self._held.hosts)))

    def _plan(self, lease: Lease, *, new: int, wanted: int) -> None:
        """Give hosts up that others should have, and decide when to look again."""
        now = time.monotonic()
        next_at = None if lease.next_at is None else lease.next_at - wall()
        self._give_up(list(self._held.hosts.values())[: lease.surplus])
        if next_at is not None and next_at <= now and not self.pause.active and not new:
            self._give_up(self._had_their_turn(now))
        if new > 0 and len(lease.hosts) - wanted >= new and self._room_for_hosts():
            self._look_in(PAUSE)
        found = any(leased.tasks for leased in lease.hosts)
        if next_at is not None and (next_at > now or (found and new)):
            self._look_in(max(PAUSE, next_at - now))
        if self._thirst.next_at is not None:
            self._look_in(self._thirst.next_at - now)

    def _had_their_turn(self, now: Seconds) -> list[Host]:
        """Return hosts to give up, the oldest first, while others are ready and wait for room."""
        old = [host for host in self._held.hosts.values() if host.taken_at <= now - TURN]
        return old[: max(1, len(self._held.hosts) // 8)]

    def _give_up(self, hosts: Iterable[Host]) -> None:
        """Let go of hosts as soon as their tasks in memory are done."""
        for host in hosts:
            host.leaving = True
            self._held.dry(host)

    def _end_doomed(self, host: Host) -> None:
        for visited in self._held.doom(host):
            self._doom(visited)

    def _requeue(self, *hosts: Host) -> None:
        """Put hosts where they belong now: among the ready, the thirsty, or neither."""
        now = time.monotonic()
        for host in hosts:
            self._place(host, now)

    def _place(self, host: Host, now: Seconds) -> None:
        if host.tasks and not host.queued and (ready_at := host.ready_at()) is not None:
            host.queued = True
            heapq.heappush(self._ready, (max(ready_at, now), next(self._turn), host))
            self._wake.set()
        self._look_for(host, now)

    def _look_for(self, host: Host, now: Seconds) -> None:
        at = self._thirst.note(host, now)
        if at is not None:
            self._look_in(max(PAUSE, at - now))

    def _look_in(self, wait: Seconds) -> None:
        at = max(time.monotonic() + wait, self._leased_at + PAUSE)
        if at < self._lease_at:
            self._lease_at = at
            self._wake.set()

    def _hand_off(self, host: Host) -> None:
        """Give a host its turn; while every worker is busy, this is where the feeder waits."""
        host.queued = False
        now = time.monotonic()
        host.close(now, wall())
        ready_at = host.ready_at()
        if not host.tasks or ready_at is None or ready_at > now:
            return self._pass_over(host)
        at = self._held.crowds.allows(host, now)
        if at is None or at > now:
            return self._wait_for_address(host, at, now)
        task = host.tasks.popleft()
        self._held.handed_off(host, task)
        self.busy += 1
        self._requeue(host)
        return self._handoff.put(task)

    def _wait_for_address(self, host: Host, at: Seconds | None, now: Seconds) -> None:
        """Put a host into the line of its address, or look at it again when its time has come."""
        host.queued = True
        at = self._held.crowds.line_up(host, at, now)
        if at is not None:
            heapq.heappush(self._ready, (at, next(self._turn), host))

    def _pass_over(self, host: Host) -> None:
        """Leave out a host whose tasks went back or whose rest has moved, and let another go on."""
        if self._held.hosts.get(host.id) is host:
            self._requeue(host)
        self._requeue(*self._held.crowds.next_in(host.address))

    def _wait(self, now: Seconds) -> None:
        until = min(self._lease_at, self._ready[0][0] if self._ready else self._lease_at)
        if self.pause.active and self._ready:  # for a probe, or for the end of the one under way
            until = min(
                self._lease_at, max(until, self.pause.until if not self.busy else now + POLL)
            )
        self._wake.wait(max(0.0, until - now))
        self._wake.clear()
