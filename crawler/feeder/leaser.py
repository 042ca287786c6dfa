"""The leaser has hosts in memory, and of each the few tasks that can start soon.

It asks the frontier in a greenlet of its own: while the ledger is busy, as with a batch of a long
list, the feeder goes on with what is in memory.

Theory. One transaction costs about the same for one host as for fifty, so the leaser does all that
is due at once: it gives back the hosts that have nothing to do here, refills others, and takes new
ones while there is room. What remains to be decided is *when* to ask. The time of the next lease is
one number, which every reason may bring forward and none may put off:

1. A host runs low (`refills`): at the time that the host names, see `Host.refill_at`.
2. Outcomes were recorded: a host may have nothing open any more, and goes back; or they lead on.
3. A host was found at another address: it moves as soon as no visit of it is open.
4. The last lease brought as many new hosts as were asked for, and there is room for more.
5. The frontier has named the time when a host that no process owns has something to do.
6. LOOK_EVERY_S has passed: other processes add and release hosts without a word to this one.

Between two leases lies LEASE_GAP_S, so that many reasons share one transaction. Two rules give
hosts away although they have work here, for a host belongs to one process at a time:

1. Surplus: while other processes lack hosts, the oldest beyond the fair share leave. For machines
   that store elsewhere these are few at a time, for there their visits are full ones.
2. Turns: while hosts wait in the frontier that this process has no room for, some of those that
   were here for TURN_S leave. What has not begun of one that had a turn goes back at once.

All times but those of the frontier are points on the monotonic clock.
"""

import time
from collections.abc import Callable, Iterable

from crawler.feeder.alarm import Alarm
from crawler.feeder.host import ASK_AGAIN_S, Host
from crawler.feeder.own_hosts import OwnHosts
from crawler.feeder.refills import RefillQueue
from crawler.feeder.terms import Terms, terms_of
from crawler.frontier import FOREIGN_S, Frontier, Lease, LeasedHost
from crawler.model import Seconds
from crawler.policy.pause import Pause
from crawler.policy.paused import Paused

LEASE_GAP_S: Seconds = 0.02
"""Shortest time between two leases."""
LOOK_EVERY_S: Seconds = 1.0
"""Longest time between two leases."""
TURN_S: Seconds = 5.0
"""How long a host stays while others are ready that this process has no room for."""


class Leaser:
    """Leases until it is killed, and calls `requeue` with the hosts whose tasks have changed."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        own_hosts: OwnHosts,
        *,
        requeue: Callable[[Iterable[Host], Seconds], None],
        room: Callable[[Seconds], int],
        pause: Pause,
        end_unvisited: Callable[[Host, Seconds, Seconds], None],
        monotonic: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._own_hosts = own_hosts
        self._requeue = requeue
        self._room = room
        self._pause = pause
        self._end_unvisited = end_unvisited
        self._monotonic = monotonic
        self.refills = RefillQueue(self._look_sooner)
        """Gets each host whose state has changed, for it may need tasks."""
        self.took: Callable[[Seconds], None] = lambda _: None
        """Gets the seconds that each lease took."""
        self.learn: Callable[[LeasedHost], None] = lambda _: None
        """Gets each host that was leased: its robots.txt may come with it."""
        self._wake = Alarm()
        self.asking = False
        """Whether a lease is under way: what is idle may be on its way back."""
        self.lease_at: Seconds = 0.0
        """When the next lease is made."""
        self._crowded_since: Seconds | None = None
        """Since when hosts wait in the frontier that this process has no room for."""
        self._leased_at: Seconds = 0.0

    def run(self) -> None:
        """Lease whenever it is time, for ever."""
        while True:
            self._wake.clear()
            wait = self.lease_at - self._monotonic()
            if wait > 0:
                self._wake.wait(wait)
            else:
                self.lease()

    @property
    def no_room(self) -> bool:
        """Tell whether hosts wait, for long by now, that this process has no room for."""
        since = self._crowded_since
        return since is not None and self._monotonic() - since >= FOREIGN_S

    def look(self) -> None:
        """Look into the frontier soon: something was added to it, perhaps to exhausted hosts."""
        now = self._monotonic()
        for host in self._own_hosts.hosts.values():
            if host.exhausted and not host.robots:
                host.exhausted_since = now - ASK_AGAIN_S
                self.refills.note(host, now)
        self.look_at(now + 0.05)

    def give_all_back(self) -> None:
        """Let every host leave as soon as its tasks in memory are done."""
        for host in self._own_hosts.hosts.values():
            host.leaving = True
            self._own_hosts.note_exhausted(host)
        self.look_at(self._monotonic())

    def heed(self, paused: Paused) -> None:
        """Give back what is paused from now on, and look for what no longer is."""
        own = self._own_hosts
        own.withdrawal.heed(paused, own.hosts.values())
        self.look()

    def freed(self, hosts: Iterable[Host]) -> None:
        """Let hosts go on, or go back."""
        now = self._monotonic()
        self._requeue(hosts, now)
        self.look_at(now)

    def look_at(self, at: Seconds) -> None:
        """Look into the frontier at this time at the latest."""
        at = max(at, self._leased_at + LEASE_GAP_S)
        if at < self.lease_at:
            self.lease_at = at
            self._wake.set()

    def _look_sooner(self, at: Seconds, now: Seconds) -> None:
        if not self.asking:  # else the lease that is under way may bring what is needed
            self.look_at(max(at, now + LEASE_GAP_S))

    def lease(self) -> None:
        """Give idle hosts back, refill others, and take new ones while workers are free.

        Raises:
            LeaseLostError: the owner was taken for dead.
            LocalFaultError: the ledger could not be asked; hosts and tasks are as before.
        """
        now = self._monotonic()
        self._leased_at, self.lease_at = now, now + LOOK_EVERY_S
        terms = terms_of(self._own_hosts, self.refills, self._room, now)
        lease = self._asked(terms, now)
        took = self._monotonic() - now
        self._own_hosts.lead.took(took)
        self.took(took)
        now = self._monotonic()
        offset = self._frontier.now() - now
        self._move(lease, terms, now, offset)
        self._give_back(terms, now)
        self._take(lease, terms, now, offset)
        self._give_away(lease, terms, now, offset)
        self._look_next(lease, terms, now, offset)

    def _asked(self, terms: Terms, now: Seconds) -> Lease:
        """Ask the frontier; if that fails, have all as before."""
        wall, self.asking = self._frontier.now(), True
        try:
            return self._frontier.lease(
                self._owner,
                new=terms.new,
                refills=terms.refills,
                idle=self._own_hosts.owed([host.id for host in terms.idle], wall - now),
                back=list(terms.back),
                found=self._own_hosts.found(terms.moving, wall - now),
            )
        except BaseException:
            self.asking = False
            for host in terms.resting:
                host.returning = False
                self._own_hosts.withdrawal.note(host)
            for host in terms.exhausted:
                self._own_hosts.note_exhausted(host)
            self._requeue([*terms.resting, *terms.to_refill], now)
            raise
        finally:
            self.asking = False

    def _give_back(self, terms: Terms, now: Seconds) -> None:
        for host in terms.resting:
            host.returning = False
            host.gave_back(terms.back)
            self._own_hosts.withdrawal.gave_back(host)
        for host in terms.idle:
            self._own_hosts.drop(host)
        self._requeue((host for host in terms.resting if host.id in self._own_hosts.hosts), now)

    def _take(self, lease: Lease, terms: Terms, now: Seconds, offset: Seconds) -> None:
        for leased in lease.hosts:
            self.learn(leased)
            host = self._own_hosts.take(leased, now, offset)
            host.exhausted = False
            few = len(leased.tasks) < min(terms.refills.get(leased.id, 1), leased.looked_for)
            gated = all(task.robots for task in leased.tasks)  # the others wait for its rules
            if few or gated or host.leaving:  # that may have been said during the lease
                host.exhausted_since = now
                self._own_hosts.note_exhausted(host)
            self._own_hosts.withdrawal.note(host)
            self._end_unvisited(host, now, offset)
            self._requeue([host], now)
        for host in terms.to_refill:
            self.refills.note(host, now)

    def _move(self, lease: Lease, terms: Terms, now: Seconds, offset: Seconds) -> None:
        """Let hosts go on where they were found; drop those whose address is another process's."""
        for host in terms.moving:
            if host.id in lease.refused:
                self._own_hosts.drop(host)
            else:
                answered_at = lease.answered_at.get(host.found or "", 0.0) - offset
                self._requeue([host, *self._own_hosts.moved(host, answered_at, now)], now)
                self.refills.note(host, now)

    def _give_away(self, lease: Lease, terms: Terms, now: Seconds, offset: Seconds) -> None:
        """Let hosts leave as soon as their tasks in memory are done, by the two rules above."""
        hosts = list(self._own_hosts.hosts.values())
        for host in hosts[lease.surplus : lease.surplus + lease.moving]:
            host.moves = True
        leaving = hosts[: lease.surplus + lease.moving]
        if self._is_crowded(lease, terms, now, offset):
            old = [host for host in hosts if host.taken_at <= now - TURN_S]
            leaving += old[: max(1, len(hosts) // 8)]
        for host in leaving:
            host.leaving = True
            self._own_hosts.note_exhausted(host)

    def _is_crowded(self, lease: Lease, terms: Terms, now: Seconds, offset: Seconds) -> bool:
        """Tell, and note, whether hosts are ready that this process has no room for."""
        others_wait = lease.next_at is not None and lease.next_at - offset <= now
        crowded = others_wait and not terms.new and not self._pause.active
        self._crowded_since = (self._crowded_since or now) if crowded else None
        return crowded

    def _look_next(self, lease: Lease, terms: Terms, now: Seconds, offset: Seconds) -> None:
        """Decide when to look again, by reasons 4, 5 and 1."""
        taken = len(lease.hosts) - len(terms.refills)
        if 0 < terms.new <= taken and self._room(now):
            self.look_at(now)
        if lease.more:
            self.look_at(now)
        if lease.next_at is not None:
            at = lease.next_at - offset
            if at > now or (terms.new and any(leased.tasks for leased in lease.hosts)):
                self.look_at(max(at, now + LEASE_GAP_S))
        if (refill_at := self.refills.next_at(now)) is not None:
            self.look_at(refill_at)
