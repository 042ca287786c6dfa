"""What this process holds of the frontier: hosts with their rests, and the addresses they share."""

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from random import Random

from crawler.config.host_overrides import HostOverrides
from crawler.feeder.host import Host, wall
from crawler.feeder.shared_addresses import AddressQueues
from crawler.frontier import LeasedHost
from crawler.log import Log, iso
from crawler.model import Kind, Outcome, Seconds, Task, Visited
from crawler.policy.politeness import HostLimits, HostPace
from crawler.policy.retry import host_asked_for_it, state_of
from crawler.records import HostRecord

SWEEP_S_PER_HOST: Seconds = 50e-6
"""Time between two looks through all hosts, for each of them: a small part of what they take."""
WELL_AFTER_S: Seconds = 60.0
"""A host that was told to be limited is not told to be well before that."""

MAX_LOGGED_HOSTS = 10_000
"""Hosts of which it is remembered what the log was told."""

_RANKS = {"": 0, "limited": 1, "resting": 2, "given up": 3}


class OwnHosts:
    """The hosts of this process by number, and how many visits their addresses bear."""

    def __init__(self, hosts: HostOverrides, per_address: HostLimits | None, log: Log) -> None:
        self.overrides = hosts
        self._log = log
        self.addresses = AddressQueues(per_address)
        self._random = Random()  # noqa: S311  jitter is no secret
        self.hosts: dict[int, Host] = {}
        self._begun: set[int] = set()
        self._logged: OrderedDict[str, tuple[str, Seconds]] = OrderedDict()
        self._idle: set[int] = set()
        self._moving: dict[int, Host] = {}
        self._sweep_at = 0.0

    @property
    def open(self) -> bool:
        """Tell whether tasks are leased here and not settled."""
        return any(host.open for host in self.hosts.values())

    def take(self, leased: LeasedHost) -> Host:
        """Take up what was leased of a host."""
        now, offset = time.monotonic(), wall()
        limits = self.overrides.limits(leased.key, leased.jobs, leased.delay, leased.per_host)
        host = self.hosts.get(leased.id)
        if host is None:
            pace = HostPace(leased.next_at - offset, limits)
            pace.remember(leased.health, now, offset)
            host = self.hosts[leased.id] = Host(leased.id, leased.key, pace, now)
            host.address = leased.address
            unknown = ("resting" if pace.is_open else "limited" if pace.backoff else "", now)
            host.logged_state, host.logged_at = self._logged.get(leased.key, unknown)
        host.pace.limits, host.pace.crawl_delay = limits, leased.crawl_delay
        host.hours = self.overrides.hours(leased.key)
        host.take(leased.tasks)
        host.close(now, offset)
        return host

    def handed_off(self, host: Host, task: Task) -> None:
        """Take a slot of a host and of its address."""
        host.pace.handed_off()
        self.addresses.enter(task, host.address)

    def begun(self, task: Task, address: str | None) -> tuple[bool, list[Host]]:
        """Note that a worker begins a visit, unless its host was just found at another address.

        Then nothing of the host begins before that address is its own in the ledger, too. Return
        also the hosts that may go on because the visit leaves its slot where it was.
        """
        host, now = self.hosts[task.host_id], time.monotonic()
        if address and address != host.address and self.addresses.limits:
            host.found = address
            self._moving[host.id] = host
            host.pace.dropped()
            host.tasks.appendleft(task)
            return False, self.addresses.leave(task)
        host.pace.begun(now)
        self._begun.add(task.id)
        return True, self.addresses.begun(task, now)

    def finished(self, visited: Visited) -> tuple[Visited, list[Host]]:
        """Note a visit's end; return it with what the host pays for, and hosts that may go on."""
        task, outcome = visited.task, visited.outcome
        host, now = self.hosts[task.host_id], time.monotonic()
        if task.id not in self._begun:
            host.pace.dropped()
            return visited, self.addresses.leave(task)
        self._begun.discard(task.id)
        visited = self._judge(host, visited, now)
        host.pace.finished(visited.answered_at)
        if outcome.retry_after:
            host.pace.asked_to_wait(now + outcome.retry_after)
        self._tell(host, outcome, now)
        return visited, self.addresses.finished(task, visited.answered_at, now)

    def settled(self, task: Task) -> None:
        """Note that an outcome is recorded."""
        host = self.hosts[task.host_id]
        host.open -= 1
        host.robots = host.robots and not task.robots
        if host.exhausted:
            self.note_exhausted(host)

    def note_exhausted(self, host: Host) -> None:
        """Have a host go back once nothing of it is open."""
        host.exhausted = True
        if not host.open:
            self._idle.add(host.id)

    def spent(self) -> list[Host]:
        """Take out the hosts that have nothing left to do here."""
        spent, self._idle = [self.hosts.get(number) for number in self._idle], set()
        return [host for host in spent if host and host.exhausted and not host.open]

    def moving(self) -> list[Host]:
        """Return the hosts that were found at another address, and of which no visit is open."""
        return [host for host in self._moving.values() if host.open == len(host.tasks)]

    def moved(self, host: Host) -> list[Host]:
        """Note that a host is where it was found; return who may go on where it was."""
        before, host.address, host.found = host.address, host.found, None
        del self._moving[host.id]
        return self.addresses.next_in(before)

    def drop(self, host: Host) -> None:
        """Note that a host went back, with the tasks in memory."""
        host.tasks.clear()
        host.queued_refill_at = None
        del self.hosts[host.id]
        self._moving.pop(host.id, None)

    def resting_long(self, now: Seconds) -> list[Host]:
        """Look through all hosts, now and then, for those that would only take up room."""
        if now < self._sweep_at:
            return []
        self._sweep_at = now + SWEEP_S_PER_HOST * len(self.hosts)
        return [host for host in self.hosts.values() if host.rests_long(now)]

    def end_unvisited(self, host: Host) -> list[Visited]:
        """End the tasks in memory of a host that is given up."""
        if not host.pace.ends_unvisited(now := time.monotonic()):
            return []
        since = iso((host.pace.failing_since or now) + wall())
        kind = host.last.kind if host.last else Kind.TIMEOUT
        reason = f"given up unvisited: {host.key} has given no answer since {since}"
        outcome = Outcome(kind, reason=reason, asked=False, final=True)
        ended = [Visited(task, outcome, now) for task in host.tasks]
        host.tasks.clear()
        return ended

    def owed(self, hosts: Iterable[int] | None = None) -> list[HostRecord]:
        """Return what the given hosts, or all, are owed, in wall time as the frontier stores it."""
        offset = wall()
        chosen = [self.hosts[host] for host in (self.hosts if hosts is None else hosts)]
        return [
            HostRecord(
                host.id,
                host.pace.next_at + offset,
                host.pace.opens_at + offset if host.pace.opens_at else 0.0,
                host.pace.delay,
                host.address,
                host.pace.health(offset),
            )
            for host in chosen
        ]

    def found(self, hosts: Iterable[Host]) -> list[HostRecord]:
        """Return the same of hosts with the addresses where they were found."""
        owed = self.owed(host.id for host in hosts)
        return [replace(one, address=self.hosts[one.id].found) for one in owed]

    def _judge(self, host: Host, visited: Visited, now: Seconds) -> Visited:
        """Read what an outcome says of its host, and return it with what that means for its URL.

        The host may pay in the URL's place; where the host is given up, the URL ends.
        """
        outcome, pace = visited.outcome, host.pace
        was_open, state = pace.is_open, state_of(outcome)
        began_at = now - outcome.elapsed
        if state == "well":
            pace.well(max(0.0, visited.answered_at - began_at))
        elif state:
            host.last = outcome
            pace.failed(now, began_at, self._random, silent=state == "silent")
        if state == "silent" and pace.given_up(now):
            return replace(visited, outcome=replace(outcome, final=True))
        host_pays = (state == "silent" and was_open) or host_asked_for_it(outcome)
        return replace(visited, spared=True) if host_pays and not pace.overdue(now) else visited

    def _tell(self, host: Host, outcome: Outcome, now: Seconds) -> None:
        """Say so when a host's state changes for the worse, or when it is well again."""
        pace = host.pace
        state = ""
        if pace.given_up(now):
            state = "given up"
        elif pace.is_open:
            state = "resting"
        elif host_asked_for_it(outcome):
            state = "limited"
        if _RANKS[state] > _RANKS[host.logged_state]:
            self._note(host, state, now)
            until = iso(pace.next_at + wall())
            self._log.warning(
                "host.rested", host=host.key, state=state, cause=outcome.reason, until=until
            )
        elif (
            host.logged_state
            and not pace.failures
            and not pace.backoff
            and now > host.logged_at + WELL_AFTER_S
        ):
            self._note(host, "", now)
            self._log.info("host.rested", host=host.key, state="well")

    def _note(self, host: Host, state: str, now: Seconds) -> None:
        """Remember what the log was told of a host, also for when it is taken again."""
        host.logged_state, host.logged_at = state, now
        self._logged.pop(host.key, None)
        if state:
            self._logged[host.key] = state, now
        if len(self._logged) > MAX_LOGGED_HOSTS:
            self._logged.popitem(last=False)
