"""The feeder hands tasks off, host by host in turn, as each becomes ready.

In memory are the hosts that this process owns (`own_hosts`), with the tasks that the leaser has
leased for them (`leaser`). All other hosts and tasks wait in the frontier.
"""

import heapq
import math
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import count, islice

from gevent.queue import Queue

from crawler.feeder.alarm import Alarm
from crawler.feeder.host import Host
from crawler.feeder.lead import LOOKAHEAD_S
from crawler.feeder.leaser import LOOK_EVERY_S, Leaser
from crawler.feeder.own_hosts import OwnHosts
from crawler.feeder.withdrawal import DEAF_S
from crawler.frontier import Frontier, LeasedHost
from crawler.model import Seconds, Task, Visited
from crawler.policy.host_limits import HostLimits
from crawler.policy.pause import Pause
from crawler.policy.paused import Paused
from crawler.records import HostRecord
from crawler.rounds import ROUNDS


class Feeder:
    """Feeds the hand-off until it is killed."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        handoff: "Queue[Task]",
        concurrency: int,
        own_hosts: OwnHosts,
        deliver: Callable[[Visited], object],
        *,
        monotonic: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        self._handoff = handoff
        self.concurrency = concurrency
        self._own_hosts = own_hosts
        self._withdrawal = own_hosts.withdrawal
        self._deliver = deliver
        self._monotonic = monotonic
        self._wall = frontier.now
        self._ready: list[tuple[Seconds, int, Host]] = []
        self._turn = count()
        self._wake = Alarm()
        self._waits = False  # else it looks at the hosts again before it waits
        self.busy = 0
        """Visits handed off or under way."""
        self.passing: Task | None = None
        """The task that was handed off last: it may still wait for room in the hand-off."""
        self.pause = Pause()
        self.most: float = math.inf
        """Visits that may run at once, as far as the guards of this machine allow it."""
        self.leaser = Leaser(
            frontier,
            owner,
            own_hosts,
            requeue=self._requeue,
            room=self._room_for_hosts,
            pause=self.pause,
            end_unvisited=self._end_unvisited,
            monotonic=monotonic,
        )

    def run(self) -> None:
        """Hand off, for ever."""
        while True:
            now = self._monotonic()
            if self._ready and self._ready[0][0] <= now and self._may_begin(now):
                self._hand_off(heapq.heappop(self._ready)[2], now)
                if time.monotonic() >= ROUNDS.until:  # while the hand-off was full, workers
                    ROUNDS.pause()  # have begun visits in this round
            else:
                self._wait(now)

    def allow(self, most: float) -> None:
        """Let so many visits run at once from now on; those that are too many end as they would."""
        if most != self.most:
            self.most = most
            self._wake.set()

    def begun(self, task: Task, address: str | None = None) -> bool:
        """Note that a worker begins a visit; refuse it if its host moved, see `OwnHosts.begun`."""
        now = self._monotonic()
        host = self._own_hosts.hosts[task.host_id]
        begun, freed = self._own_hosts.begun(host, task, address, now)
        if not begun:
            self.busy -= 1
            self.leaser.look_at(now)
            self._wake.set()
        if host.pace.one_by_one or not begun:  # else nothing waited
            self._place(host, now)
        for other in freed:
            self._place(other, now)
        return begun

    def finished(self, visited: Visited) -> Visited:
        """Note that a visit is over; its outcome is still to be settled."""
        now = self._monotonic()
        host = self._own_hosts.hosts[visited.task.host_id]
        visited, freed = self._own_hosts.finished(host, visited, now, self._wall)
        self.busy -= 1
        if not host.pace.is_calm:
            self._end_unvisited(host, now, self._wall() - now)
        for other in freed:
            self._place(other, now)
        self._place(host, now)
        if self.pause.active or self.busy + 1 >= self.most:
            self._wake.set()
        return visited

    def given_up(self, task: Task) -> bool:
        """Tell whether the host of a task has been silent for longer than its `give_up`."""
        return self._own_hosts.hosts[task.host_id].pace.given_up(self._monotonic())

    def settled(self, tasks: Iterable[Task], *, elsewhere: bool = False) -> None:
        """Note that outcomes are recorded; a host without an open visit can go back, or move.

        With `elsewhere` there may be more to do, perhaps for hosts that nobody has.
        """
        if self._own_hosts.settled(tasks) or elsewhere:
            self.leaser.look_at(self._monotonic())

    def owed(self, hosts: Iterable[int] | None = None) -> list[HostRecord]:
        """Return what the frontier stores of the given hosts, or of all, in wall time."""
        return self._own_hosts.owed(hosts, self._wall() - self._monotonic())

    def heed(self, paused: Paused) -> None:
        """Begin nothing that is paused from now on, and everything else."""
        self.leaser.heed(paused)
        self._wake.set()

    def heard(self, at: Seconds) -> None:
        """Note that all that was wished by then has been heard: without that nothing begins."""
        was_deaf = at > self._withdrawal.deaf_at
        self._withdrawal.deaf_at = at + DEAF_S
        if was_deaf:
            self._wake.set()

    def wake(self, woken: Mapping[int, bool]) -> None:
        """End the rests of hosts in memory, by number; a value tells whether it is forced."""
        found = [host for host in self._own_hosts.hosts.values() if host.id in woken]
        for host in found:
            host.pace.wake(force=woken[host.id])
        if found:
            self._line_up_anew((), self._monotonic())
        self.leaser.look()

    def held(self) -> list[int]:
        """Return the numbers of the hosts in memory."""
        return list(self._own_hosts.hosts)

    def review(
        self, leased: Iterable[LeasedHost], limits: HostLimits | None, *, turns_hold: bool
    ) -> None:
        """Put the hosts in memory on other terms, and their addresses on other limits.

        Each may be ready sooner than its place in the heap, or in the queue of its address, says.
        """
        now = self._monotonic()
        self._own_hosts.review(leased, now, self._wall() - now, turns_hold=turns_hold)
        self._line_up_anew(self._own_hosts.addresses.review(limits), now)

    def _line_up_anew(self, others: Iterable[Host], now: Seconds) -> None:
        """Put the hosts of the heap, and `others`, where they belong by now."""
        for host in [*others, *(host for *_, host in self._ready)]:
            host.queued = False
        self._ready.clear()
        self._requeue(self._own_hosts.hosts.values(), now)
        self._wake.set()

    @property
    def paused(self) -> bool:
        """Tell whether no visit begins, but for probes."""
        return self._withdrawal.paused.everything or self.pause.active or not self.most

    def _may_begin(self, now: Seconds) -> bool:
        if self.busy >= self.most or now > self._withdrawal.deaf_at:
            return False
        return not self.pause.active or self.pause.allows(now, self.busy)

    def _room_for_hosts(self, now: Seconds) -> int:
        """Return how many more hosts there is work for: none while enough visits can start."""
        if self.pause.active:  # only what a probe needs
            return int(not self._ready and self.pause.allows(now, self.busy))
        concurrency = int(min(self.concurrency, self.most))
        enough = max(0, 2 * concurrency - self.busy)
        startable = (ready for ready in self._ready if ready[0] <= now + LOOKAHEAD_S)
        if sum(1 for _ in islice(startable, enough)) >= enough:
            return 0
        most = max(1024, 4 * self.concurrency)
        return max(0, min(self.concurrency, most - len(self._own_hosts.hosts)))

    def _end_unvisited(self, host: Host, now: Seconds, offset: Seconds) -> None:
        for visited in self._own_hosts.end_unvisited(host, now, offset):
            self._deliver(visited)

    def _requeue(self, hosts: Iterable[Host], now: Seconds) -> None:
        for host in hosts:
            self._place(host, now)

    def _place(self, host: Host, now: Seconds) -> None:
        """Put a host where it belongs: among the ready, those to refill, or neither."""
        if host.tasks and not host.queued and (ready_at := host.ready_at()) is not None:
            host.queued = True
            heapq.heappush(self._ready, (max(ready_at, now), next(self._turn), host))
            if self._waits:
                self._wake.set()
        self.leaser.refills.note(host, now)

    def _hand_off(self, host: Host, now: Seconds) -> None:
        """Give a host its turn; while every worker is busy, this is where the feeder waits."""
        host.queued = False
        if host.hours:
            host.close(now, self._wall() - now)
        ready_at = host.ready_at()
        if not host.tasks or ready_at is None or ready_at > now:
            return self._pass_over(host, now)
        if host.address is not None and self._waits_for_address(host, now):
            return None
        task = self.passing = host.tasks.popleft()
        self._own_hosts.handed_off(host, task, now)
        self.busy += 1
        self._place(host, now)
        return self._handoff.put(task)

    def _waits_for_address(self, host: Host, now: Seconds) -> bool:
        """Put a host into the queue of its address, if that bears no visit now; tell whether."""
        addresses = self._own_hosts.addresses
        if (at := addresses.allows(host, now)) is not None and at <= now:
            return False
        host.queued = True
        if (at := addresses.line_up(host, at, now)) is not None:  # it is looked at again then
            heapq.heappush(self._ready, (at, next(self._turn), host))
        return True

    def _pass_over(self, host: Host, now: Seconds) -> None:
        """Leave out a host whose tasks went back or whose rest has moved, and let another go on."""
        if self._own_hosts.hosts.get(host.id) is host:
            self._place(host, now)
        self._requeue(self._own_hosts.addresses.next_in(host.address, now), now)

    def _wait(self, now: Seconds) -> None:
        until = self._ready[0][0] if self._ready else now + LOOK_EVERY_S
        if self.busy >= self.most or now > self._withdrawal.deaf_at:
            until = max(until, now + LOOK_EVERY_S)
        if self.pause.active and self._ready:  # for a probe, or for the end of the one under way
            until = max(until, self.pause.until if not self.busy else now + LOOK_EVERY_S)
        self._waits = True
        self._wake.wait(until - now)
        self._waits = False
        self._wake.clear()
