"""The leaser has hosts in memory, and of each the few tasks that can start within LOOKAHEAD.

It asks the frontier in a greenlet of its own: while the ledger is busy, as with a batch of a long
list, the feeder goes on with what is in memory.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gevent.event import Event

from crawler.feeder.host import ASK_AGAIN_S, Host, RefillQueue, wall
from crawler.feeder.own_hosts import OwnHosts
from crawler.frontier import Frontier, Lease
from crawler.model import Seconds
from crawler.policy.pause import Pause
from crawler.records import Health

LEASE_GAP_S: Seconds = 0.02
"""Shortest time between two leases."""
LOOK_EVERY_S: Seconds = 1.0
"""Longest time between two looks for ready hosts: other processes add and release them too."""
TURN_S: Seconds = 5.0
"""How long a host is held while others are ready that this process has no room for."""


@dataclass(slots=True)
class _Terms:
    """What is asked of the frontier at once."""

    to_refill: list[Host]
    refills: dict[int, int]
    new: int
    spent: list[Host]
    idle: list[Host]
    """Hosts that go back, the spent ones among them."""
    back: set[int]
    """Tasks that go back: of hosts that rest for long."""
    resting: list[Host]


class Leaser:
    """Leases until it is killed, and calls `requeue` with the hosts whose tasks have changed."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        own_hosts: OwnHosts,
        *,
        requeue: Callable[[Iterable[Host]], None],
        room: Callable[[], int],
        pause: Pause,
        end_unvisited: Callable[[Host], None],
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._own_hosts = own_hosts
        self._requeue = requeue
        self._room = room
        self._pause = pause
        self._end_unvisited = end_unvisited
        self._refills = RefillQueue()
        self._wake = Event()
        self._lease_at: Seconds = 0.0
        self._leased_at: Seconds = 0.0

    def run(self) -> None:
        """Lease whenever it is time, for ever."""
        while True:
            self._wake.clear()
            wait = self._lease_at - time.monotonic()
            if wait > 0:
                self._wake.wait(wait)
            else:
                self.lease()

    def look(self) -> None:
        """Look into the frontier soon: something was added to it, perhaps to exhausted hosts."""
        now = time.monotonic()
        for host in self._own_hosts.hosts.values():
            if host.exhausted and not host.robots:
                host.exhausted_since = now - ASK_AGAIN_S
                self.look_for(host, now)
        self.look_in(0.05)

    def look_for(self, host: Host, now: Seconds) -> None:
        """Look for tasks of a host once it needs some."""
        at = self._refills.note(host, now)
        if at is not None:
            self.look_in(max(LEASE_GAP_S, at - now))

    def look_in(self, wait: Seconds = LEASE_GAP_S) -> None:
        """Look into the frontier after this time at the latest."""
        at = max(time.monotonic() + wait, self._leased_at + LEASE_GAP_S)
        if at < self._lease_at:
            self._lease_at = at
            self._wake.set()

    def lease(self) -> None:
        """Give idle hosts back, refill others, and take new ones while workers are free."""
        self._move()
        now = time.monotonic()
        self._leased_at, self._lease_at = now, now + LOOK_EVERY_S
        terms = self._terms(now)
        try:
            lease = self._frontier.lease(
                self._owner,
                time.time(),
                new=terms.new,
                refills=terms.refills,
                idle=self._own_hosts.owed(host.id for host in terms.idle),
                back=list(terms.back),
            )
        except BaseException:
            self._undo(terms)
            raise
        self._give_back(terms)
        self._take(lease, terms)
        self._note_rests(lease)
        self._look_next(lease, terms)

    def _terms(self, now: Seconds) -> _Terms:
        resting = self._own_hosts.resting_long(now)
        for host in resting:
            host.returning = True
        back = {task.id for host in resting for task in host.tasks}
        spent = self._own_hosts.spent()
        idle = dict.fromkeys([*(one for one in resting if one.open == len(one.tasks)), *spent])
        to_refill = [host for host in self._refills.due(now) if host not in idle]
        refills = {host.id: lack for host in to_refill if (lack := host.missing_tasks(now))}
        return _Terms(to_refill, refills, self._room(), spent, list(idle), back, resting)

    def _undo(self, terms: _Terms) -> None:
        """Have all as before: the frontier could not be asked."""
        for host in terms.resting:
            host.returning = False
        for host in terms.spent:
            self._own_hosts.note_exhausted(host)
        self._requeue([*terms.resting, *terms.to_refill])

    def _give_back(self, terms: _Terms) -> None:
        for host in terms.resting:
            host.returning = False
            host.gave_back(terms.back)
        for host in terms.idle:
            self._own_hosts.drop(host)
        self._requeue(host for host in terms.resting if host.id in self._own_hosts.hosts)

    def _take(self, lease: Lease, terms: _Terms) -> None:
        now = time.monotonic()
        for leased in lease.hosts:
            host = self._own_hosts.take(leased)
            host.exhausted = False
            few = len(leased.tasks) < terms.refills.get(leased.id, 1)
            if few or all(task.robots for task in leased.tasks):  # the others wait for its rules
                host.exhausted_since = now
                self._own_hosts.note_exhausted(host)
            self._end_unvisited(host)
            self._requeue([host])
        for host in terms.to_refill:
            self.look_for(host, now)

    def _move(self) -> None:
        """Go on with hosts where they were found, but not with those that are another's there."""
        moving = self._own_hosts.moving()
        if not moving:
            return
        refused = self._frontier.move(self._owner, self._own_hosts.found(moving), time.time())
        for host in moving:
            if host.id in refused:
                self._own_hosts.drop(host)
            else:
                self._requeue([host, *self._own_hosts.moved(host)])

    def _note_rests(self, lease: Lease) -> None:
        """Note the rest of hosts of which the ledger knows only what their jobs say.

        Whoever takes them back after a crash in their first visit owes it to them.
        """
        hosts = [
            leased.id
            for leased in lease.hosts
            if leased.health == Health()
            and self._own_hosts.hosts[leased.id].pace.delay > leased.delay
        ]
        if hosts:
            self._frontier.settle(self._owner, [], self._own_hosts.owed(hosts))

    def _look_next(self, lease: Lease, terms: _Terms) -> None:
        """Give hosts up that others should have, and decide when to look again."""
        now = time.monotonic()
        next_at = None if lease.next_at is None else lease.next_at - wall()
        self._give_up(list(self._own_hosts.hosts.values())[: lease.surplus])
        if next_at is not None and next_at <= now and not self._pause.active and not terms.new:
            self._give_up(self._had_their_turn(now))
        if terms.new > 0 and len(lease.hosts) - len(terms.refills) >= terms.new and self._room():
            self.look_in()
        found = any(leased.tasks for leased in lease.hosts)
        if next_at is not None and (next_at > now or (found and terms.new)):
            self.look_in(max(LEASE_GAP_S, next_at - now))
        if self._refills.next_at is not None:
            self.look_in(self._refills.next_at - now)

    def _had_their_turn(self, now: Seconds) -> list[Host]:
        """Return hosts to give up, the oldest first, while others are ready and wait for room."""
        old = [host for host in self._own_hosts.hosts.values() if host.taken_at <= now - TURN_S]
        return old[: max(1, len(self._own_hosts.hosts) // 8)]

    def _give_up(self, hosts: Iterable[Host]) -> None:
        """Let go of hosts as soon as their tasks in memory are done."""
        for host in hosts:
            host.leaving = True
            self._own_hosts.note_exhausted(host)
