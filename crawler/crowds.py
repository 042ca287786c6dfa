"""The addresses that hosts share, and how many visits each of them bears."""

import time
from collections import deque

from crawler.host import Host
from crawler.model import Seconds, Task
from crawler.politeness import Rest, Rule

ROOM = 4096
"""Addresses remembered before the quiet ones are forgotten."""


class Crowds:
    """The visits of this process at every address; `rule` is their limit, None if there is none."""

    def __init__(self, rule: Rule | None) -> None:
        self.rule = rule
        self._crowds: dict[str, Rest] = {}
        self._parked: dict[str, deque[Host]] = {}
        self._places: dict[int, tuple[str | None, Rest | None]] = {}
        """Where a task handed off has a slot: by its end its host may have moved."""
        self._room = ROOM

    def allows(self, host: Host, now: Seconds) -> Seconds | None:
        """Return when the address of a host bears one more visit; None: when another is over."""
        crowd = self._crowd(host.address)
        return crowd.ready_at() if crowd else now

    def park(self, host: Host) -> None:
        """Let a host wait for a visit at its address to end."""
        self._parked.setdefault(host.address or "", deque()).append(host)

    def unparked(self, address: str | None) -> list[Host]:
        """Take hosts from those that wait for an address, up to the first that can go on now.

        One whose tasks went back meanwhile, or that rests by now, would let the slot lie idle.
        """
        parked, now = self._parked.get(address or ""), time.monotonic()
        freed: list[Host] = []
        while parked:
            host = parked.popleft()
            host.queued = False
            ready_at = host.ready_at()
            if host.tasks:
                freed.append(host)
                if host.address == address and ready_at is not None and ready_at <= now:
                    break
        if not parked:
            self._parked.pop(address or "", None)
        return freed

    def enter(self, task: Task, address: str | None) -> None:
        """Take a slot at an address for a task."""
        crowd = self._crowd(address)
        self._places[task.id] = address, crowd
        if crowd:
            crowd.handed_off()

    def leave(self, task: Task) -> list[Host]:
        """Give back the slot of a visit that does not begin; return who may go on."""
        address, crowd = self._places.pop(task.id)
        if crowd:
            crowd.dropped()
        return self.unparked(address)

    def begun(self, task: Task, now: Seconds) -> list[Host]:
        """Note that a visit begins; return who may go on."""
        address, crowd = self._places[task.id]
        if crowd:
            crowd.begun(now)
            if crowd.delay:  # when the next one may begin is known from now on
                return self.unparked(address)
        return []

    def finished(self, task: Task, answered_at: Seconds) -> list[Host]:
        """Note a visit's end; return who may go on."""
        address, crowd = self._places.pop(task.id)
        if crowd:
            crowd.finished(answered_at)
        return self.unparked(address)

    def _crowd(self, address: str | None) -> Rest | None:
        if address is None or self.rule is None:
            return None
        if address not in self._crowds:
            if len(self._crowds) >= self._room:
                self._drop_quiet()
            self._crowds[address] = Rest(0.0)
        self._crowds[address].rule = self.rule
        return self._crowds[address]

    def _drop_quiet(self) -> None:
        """Forget addresses that nothing is known of any more."""
        now = time.monotonic()
        for address, crowd in list(self._crowds.items()):
            if not crowd.busy and crowd.next_at < now and not self._parked.get(address):
                del self._crowds[address]
        self._room = 2 * len(self._crowds) + ROOM
