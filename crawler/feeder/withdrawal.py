"""What is paused goes back to the frontier: hosts, and tasks in memory. Pure."""

import math
from collections.abc import Callable, Iterable

from crawler.feeder.host import Host
from crawler.model import Seconds, Task
from crawler.policy.paused import NOTHING, Paused

DEAF_S: Seconds = 1.0
"""Time after which what is paused has to be heard anew: the process may have been stopped."""


class Withdrawal:
    """Holds back what is paused until the next lease has given it back.

    `note_exhausted` lets a host leave as soon as nothing of it is open.
    """

    def __init__(self, note_exhausted: Callable[[Host], None]) -> None:
        self.paused = NOTHING
        self.deaf_at: Seconds = math.inf
        """Nobody knows after that what is paused: nothing begins before it is heard."""
        self._note_exhausted = note_exhausted
        self._hosts: dict[int, Host] = {}
        """Hosts with tasks that go back, by number."""

    def heed(self, paused: Paused, hosts: Iterable[Host]) -> None:
        """Pause this from now on, and nothing else."""
        before, self.paused = self.paused, paused or NOTHING
        for host in hosts:
            if before.has_host(host.key) and not paused.has_host(host.key):
                host.leaving = host.moves = False
            self.note(host)

    def has(self, host: Host, task: Task, now: Seconds) -> bool:
        """Tell whether a visit may not begin."""
        if self.paused is not NOTHING and self.paused.has(host.key, task.job):
            return True
        return now > self.deaf_at

    def note(self, host: Host) -> None:
        """Begin nothing more that is paused of a host, which may just have got tasks."""
        if self.paused is NOTHING:
            return
        if self.paused.has_host(host.key):
            host.leaving = True
            self._note_exhausted(host)
        if any(self.paused.has(host.key, task.job) for task in host.tasks):
            host.returning = True
            self._hosts[host.id] = host

    def hosts(self) -> list[Host]:
        """Return the hosts with tasks that go back."""
        return list(self._hosts.values())

    def tasks(self) -> set[int]:
        """Return the ids of the tasks that go back."""
        return {
            task.id
            for host in self._hosts.values()
            for task in host.tasks
            if self.paused.has(host.key, task.job)
        }

    def gave_back(self, host: Host) -> None:
        """Note that tasks of a host went back; others may have come to be paused meanwhile."""
        self.drop(host)
        self.note(host)

    def drop(self, host: Host) -> None:
        """Note that a host went back."""
        self._hosts.pop(host.id, None)
