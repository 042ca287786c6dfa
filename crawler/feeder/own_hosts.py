"""The hosts that this process owns: their paces, their tasks in memory, and their addresses.

A host belongs to one process at a time, so what is worked out here holds for the whole frontier.
Nothing here has a clock of its own: `now` is a point on the monotonic clock, and `offset` leads
from it to wall time, which is what the frontier stores; `wall` reads that where few need it.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import attrgetter
from random import Random

from crawler.config.host_overrides import HostOverrides
from crawler.feeder.host import Host
from crawler.feeder.host_log import HostLog
from crawler.feeder.judged import judged, unvisited
from crawler.feeder.lead import Lead
from crawler.feeder.paced import on_terms, paced, record_of
from crawler.feeder.shared_addresses import AddressQueues
from crawler.feeder.unwanted import UnwantedSites
from crawler.feeder.withdrawal import Withdrawal
from crawler.frontier import LeasedHost
from crawler.log import Log
from crawler.model import Kind, Seconds, Task, Visited
from crawler.policy.causes import GOOD, counts_for_host
from crawler.policy.host_limits import HostLimits
from crawler.policy.remembered import clamp
from crawler.records import HostRecord

SWEEP_S_PER_HOST: Seconds = 50e-6
"""Time between two looks through all hosts, for each of them: a small part of what they take."""
_HOST = attrgetter("host_id")
_IS_ROBOTS = attrgetter("robots")


class OwnHosts:
    """The hosts of this process by number, and how many visits their addresses bear."""

    def __init__(self, hosts: HostOverrides, per_address: HostLimits | None, log: Log) -> None:
        self.overrides = hosts
        self.addresses = AddressQueues(per_address)
        self.hosts: dict[int, Host] = {}
        self.log = HostLog(log)
        self._unwanted = UnwantedSites(log)
        self._random = Random()  # noqa: S311  jitter is no secret
        self._begun: set[int] = set()
        """Ids of the tasks whose visits have begun."""
        self._idle: set[int] = set()
        """Numbers of exhausted hosts of which nothing was open."""
        self._moving: dict[int, Host] = {}
        self.withdrawal = Withdrawal(self.note_exhausted)
        self.lead = Lead()
        self._sweep_at = 0.0
        self.left: Callable[[Host], None] = lambda _: None
        """Gets each host that goes back."""

    @property
    def open(self) -> bool:
        """Tell whether tasks are leased here and not settled."""
        return any(host.open for host in self.hosts.values())

    def take(self, leased: LeasedHost, now: Seconds, offset: Seconds) -> Host:
        """Take up what was leased of a host."""
        host = self.hosts.get(leased.id)
        if host is None:
            host = self.hosts[leased.id] = paced(self.overrides, leased, now, offset)
            host.lead = self.lead
            self.log.recall(host, now)
        else:
            on_terms(self.overrides, host, leased, now, offset)
        self.addresses.recall(host.address, leased.address_answered_at - offset, now)
        host.take(leased.tasks)
        return host

    def review(
        self, leased: Iterable[LeasedHost], now: Seconds, offset: Seconds, *, turns_hold: bool
    ) -> None:
        """Put hosts on the terms that hold now: a limit that was lowered is in force at once."""
        for one in leased:
            if host := self.hosts.get(one.id):
                on_terms(self.overrides, host, one, now, offset)
                clamp(host.pace, now)
                host.pace.turn_at = host.pace.turn_at if turns_hold else now

    def handed_off(self, host: Host, task: Task, now: Seconds) -> None:
        """Take a slot of a host and of its address."""
        host.pace.handed_off()
        if host.address is not None:
            self.addresses.enter(task, host.address, now)

    def begun(
        self, host: Host, task: Task, address: str | None, now: Seconds
    ) -> tuple[bool, list[Host]]:
        """Note that a worker begins a visit; return whether it may, and hosts that may go on.

        It may not if its host was just found at another address: nothing of the host begins there
        before that address is its own in the ledger, too. Nor if it was paused after the visit was
        handed off. The visit then leaves its slot.
        """
        if address and address != host.address and self.addresses.limits:
            host.found = address
            self._moving[host.id] = host
            return self._put_back(host, task, now)
        if self.withdrawal.has(host, task, now):
            return self._put_back(host, task, now)
        host.pace.begun(now)
        host.had_turn = True
        self._begun.add(task.id)
        return True, [] if host.address is None else self.addresses.begun(task, now)

    def begin(self, host: Host, task: Task, now: Seconds) -> list[Host]:
        """Note that a request begins at a reserved host; return hosts that may go on."""
        self.handed_off(host, task, now)
        host.pace.begun(now)
        self._begun.add(task.id)
        return self.addresses.begun(task, now)

    def _put_back(self, host: Host, task: Task, now: Seconds) -> tuple[bool, list[Host]]:
        host.pace.dropped()
        host.tasks.appendleft(task)
        self.withdrawal.note(host)
        return False, self.addresses.leave(task, now)

    def finished(
        self, host: Host, visited: Visited, now: Seconds, wall: Callable[[], Seconds]
    ) -> tuple[Visited, list[Host]]:
        """Note a visit's end; return it with what its host pays for, and hosts that may go on.

        `wall` reads wall time, where there is something to tell.
        """
        task, outcome = visited.task, visited.outcome
        if task.id not in self._begun:
            host.pace.dropped()
            return visited, self.addresses.leave(task, now)
        self._begun.remove(task.id)
        pace, good = host.pace, outcome.kind in GOOD
        visited = judged(host, visited, now, self._random)
        if counts_for_host(task, outcome):
            pace.brought(visited.answered_at, ok=good)
        pace.finished(visited.answered_at)
        if outcome.retry_after:
            pace.asked_to_wait(now + outcome.retry_after)
        if not good or host.logged.state or not pace.is_calm:
            self.log.visited(host, task.job, outcome, now, wall() - now)
        if outcome.kind is Kind.UNWANTED or self._unwanted.streaks:
            self._unwanted.visited(host.key, visited)
        if host.address is None:
            return visited, []
        return visited, self.addresses.finished(task, visited.answered_at, now)

    def settled(self, tasks: Iterable[Task]) -> bool:
        """Note that outcomes are recorded; return whether a host of them has no open visit."""
        tasks, at_rest = list(tasks), False
        for task in filter(_IS_ROBOTS, tasks):
            self.hosts[task.host_id].robots = False
        for number, ended in Counter(map(_HOST, tasks)).items():
            host = self.hosts[number]
            host.open -= ended
            at_rest = at_rest or host.open <= len(host.tasks)
            if host.exhausted:
                self.note_exhausted(host)
        return at_rest

    def note_exhausted(self, host: Host) -> None:
        """Let a host go back to the frontier once nothing of it is open."""
        host.exhausted = True
        if not host.open:
            self._idle.add(host.id)

    def take_idle(self) -> list[Host]:
        """Take out the exhausted hosts of which nothing is open: they go back."""
        idle, self._idle = [self.hosts.get(number) for number in self._idle], set()
        return [host for host in idle if host and host.exhausted and not host.open]

    def moving(self) -> list[Host]:
        """Return the hosts that were found at another address, and of which no visit is open."""
        return [host for host in self._moving.values() if host.open == len(host.tasks)]

    def moved(self, host: Host, answered_at: Seconds, now: Seconds) -> list[Host]:
        """Note that a host is where it was found; return the hosts that may go on where it was.

        The last answer from its new address, to any process, began at `answered_at`.
        """
        before, host.address, host.found = host.address, host.found, None
        del self._moving[host.id]
        self.addresses.recall(host.address, answered_at, now)
        return self.addresses.next_in(before, now)

    def drop(self, host: Host) -> None:
        """Note that a host went back, with its tasks in memory."""
        host.tasks.clear()
        host.queued_refill_at = None
        del self.hosts[host.id]
        self._moving.pop(host.id, None)
        self.withdrawal.drop(host)
        self.left(host)

    def giving_back(self, now: Seconds) -> list[Host]:
        """Return the hosts whose tasks go back; all hosts are looked at now and then.

        Those that rest long would only take up room; those that leave have had their turn.
        """
        if now < self._sweep_at:
            return []
        self._sweep_at = now + SWEEP_S_PER_HOST * len(self.hosts)
        return [host for host in self.hosts.values() if host.rests_long(now) or host.turn_is_over]

    def end_unvisited(self, host: Host, now: Seconds, offset: Seconds) -> list[Visited]:
        """End the tasks in memory of a host that is given up; return their ends."""
        if not host.pace.ends_unvisited(now):
            return []
        outcome = unvisited(host, now, offset)
        ended = [Visited(task, outcome, now) for task in host.tasks]
        host.tasks.clear()
        return ended

    def owed(self, hosts: Iterable[int] | None, offset: Seconds) -> list[HostRecord]:
        """Return what the frontier stores of the given hosts, or of all, in wall time."""
        chosen = [self.hosts[host] for host in (self.hosts if hosts is None else hosts)]
        return [record_of(host, offset, self.addresses.rests(host.address)) for host in chosen]

    def found(self, hosts: Iterable[Host], offset: Seconds) -> list[HostRecord]:
        """Return the same of hosts, with the addresses where they were found."""
        owed = self.owed([host.id for host in hosts], offset)
        return [replace(one, address=self.hosts[one.id].found) for one in owed]
