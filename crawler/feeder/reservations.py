"""Hosts that are reserved for requests which no task stands for, as those of a login.

Such a request keeps to all that a visit keeps to: the delay of its host and of its address, its
hours, its budget, and its rests, in this process and in all others, for the host is this process's
meanwhile. What the answer says of the host counts as that of a visit to its robots.txt.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import gevent

from crawler.feeder.host import LONG_REST_S, Host
from crawler.feeder.leaser import Leaser
from crawler.feeder.own_hosts import OwnHosts
from crawler.frontier import Frontier
from crawler.model import Outcome, Seconds, Task, Visited

STEP_S: Seconds = 0.02
"""Time between two looks at a host that waits for a visit under way, or for a lease."""


class Reservations:
    """The hosts of a process that are reserved; each is by one at a time."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        leaser: Leaser,
        own_hosts: OwnHosts,
        monotonic: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._leaser = leaser
        self._own_hosts = own_hosts
        self._monotonic = monotonic
        self._numbers = count(-1, -1)

    def reserve(self, key: str, job: str) -> Host | None:
        """Reserve a host, by name:port, for a job; None while it rests or is another process's.

        Raises:
            LeaseLostError: this process was taken for dead.
            LocalFaultError: the ledger cannot be asked.
        """
        host = self._host(key, job)
        if host is None or host.reserved or host.returning or host.found:
            return None
        host.open += 1
        host.reserved = True
        while self._leaser.asking:  # a lease may be giving it back
            gevent.sleep(STEP_S)
        if self._is_here(host) and self._ready_in(host) <= LONG_REST_S:
            return host
        self.release(host)
        return None

    def release(self, host: Host) -> None:
        """Let a host go on, or go back with its rests."""
        host.open -= 1
        host.reserved = False
        if self._is_here(host):
            if not host.tasks:
                self._own_hosts.note_exhausted(host)
            self._leaser.freed([host])

    def bears(self, host: Host, until: Seconds) -> bool:
        """Wait until a reserved host bears a request; tell whether it does in time."""
        while (wait := self._ready_in(host)) > 0:
            if self._monotonic() + wait > until:
                return False
            gevent.sleep(min(wait, LONG_REST_S))
        return True

    def begin(self, host: Host, task: Task, until: Seconds) -> Task | None:
        """Wait until a reserved host bears a request, and note its beginning; `until` is monotonic.

        Return the task that stands for the request, None if the host bears none in time.
        """
        if not self.bears(host, until):
            return None
        stands = replace(task, id=next(self._numbers), host_id=host.id, robots=True)
        self._leaser.freed(self._own_hosts.begin(host, stands, self._monotonic()))
        return stands

    def ended(self, task: Task, outcome: Outcome, answered_at: Seconds) -> None:
        """Note how a request ended that a task stands for."""
        now = self._monotonic()
        visited = Visited(task, outcome, answered_at)
        host = self._own_hosts.hosts[task.host_id]
        _, freed = self._own_hosts.finished(host, visited, now, self._frontier.now)
        self._leaser.freed(freed)

    def _host(self, key: str, job: str) -> Host | None:
        here = next((one for one in self._own_hosts.hosts.values() if one.key == key), None)
        if here:
            return here
        if (leased := self._frontier.reserve(self._owner, key, job)) is None:
            return None
        now = self._monotonic()
        host = self._own_hosts.take(leased, now, self._frontier.now() - now)
        host.exhausted, host.exhausted_since = True, now
        return host

    def _is_here(self, host: Host) -> bool:
        return self._own_hosts.hosts.get(host.id) is host

    def _ready_in(self, host: Host) -> Seconds:
        """Return for how long a host bears no request; STEP_S while that hangs on a visit."""
        now = self._monotonic()
        host.close(now, self._frontier.now() - now)
        at = host.pace.ready_at()
        address_at = self._own_hosts.addresses.allows(host, now)
        if at is None or address_at is None:
            return STEP_S
        return max(0.0, max(at, address_at) - now)
