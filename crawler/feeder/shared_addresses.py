"""The addresses that hosts share, and how many visits each of them bears.

Hosts for which their address has no slot stand in its line. A line has an end: who would wait for
long gets a time for which others do not come, and rests till then; so a host that rests long goes
back and leaves its place to hosts at other addresses, however many there are at this one.
"""

import time
from collections import deque
from dataclasses import dataclass, field

from crawler.feeder.host import LONG_REST_S, Host
from crawler.model import Seconds, Task
from crawler.policy.politeness import HostLimits, HostPace

KNOWN_ADDRESSES = 4096
"""Addresses remembered before the quiet ones are forgotten."""
MIN_LINE, MAX_LINE = 16, 256
"""Hosts for which any line has room, and which no line exceeds."""
FIRST_GAP_S: Seconds = 0.005
"""Time between two visits at an address of which nothing is known yet."""
MIN_GAP_S: Seconds = 0.0001
GAP_WEIGHT = 0.03
"""Weight of the newest such time: one stall of the machine is not the pace of an address."""
EARLY_FACTOR = 0.8
"""Hosts are told to come a little faster than they can go, so that no slot lies idle."""


@dataclass(slots=True)
class AddressQueue:
    """The visits at one address, and the hosts that wait for it."""

    pace: HostPace
    line: deque[Host] = field(default_factory=deque)
    expected: Seconds = 0.0
    """When a host comes that waits, outside the line, for the address to have rested."""
    visit_gap: Seconds = FIRST_GAP_S
    """Time between two visits while there is a line, smoothed."""
    ended_at: Seconds = 0.0
    """When the last visit ended, or the line began."""
    booked: Seconds = 0.0
    """Until then there are hosts that were told to come."""

    @property
    def room(self) -> float:
        """Return how many hosts the line has room for: as many as wait no longer than is held."""
        return max(MIN_LINE, min(MAX_LINE, LONG_REST_S / self.visit_gap))

    def ended(self, now: Seconds) -> None:
        """Note how fast the line moves."""
        if self.line:
            self.visit_gap = max(
                MIN_GAP_S, self.visit_gap + GAP_WEIGHT * (now - self.ended_at - self.visit_gap)
            )
        else:
            self.booked = 0.0  # those who were told to come are too few
        self.ended_at = now

    def send_away(self, host: Host, now: Seconds) -> None:
        """Have a host rest until it can expect a slot."""
        self.booked = max(self.booked, now + LONG_REST_S) + EARLY_FACTOR * self.visit_gap
        host.pace.asked_to_wait(self.booked)


class AddressQueues:
    """The visits of this process at every address; `rule` is their limit, None if there is none."""

    def __init__(self, limits: HostLimits | None) -> None:
        self.limits = limits
        self._queues: dict[str, AddressQueue] = {}
        self._slots: dict[int, tuple[str | None, AddressQueue | None]] = {}
        """Where a task handed off has a slot: by its end its host may have moved."""
        self._room = KNOWN_ADDRESSES

    def allows(self, host: Host, now: Seconds) -> Seconds | None:
        """Return when the address of a host bears one more visit; None: when another is over."""
        queue = self._queue(host.address)
        return queue.pace.ready_at() if queue else now

    def line_up(self, host: Host, at: Seconds | None, now: Seconds) -> Seconds | None:
        """Let a host wait that its address does not bear before `at`.

        Return when to look at it again; None: when it leaves the line.
        """
        queue = self._queue(host.address)
        if queue is None:
            return now
        if at is not None and queue.expected <= now:
            queue.expected = at
            return at
        if len(queue.line) >= queue.room:
            queue.send_away(host, now)
            return host.pace.next_at
        if not queue.line:
            queue.ended_at = now
        queue.line.append(host)
        return None

    def next_in(self, address: str | None) -> list[Host]:
        """Take hosts out of a line, up to the first that can go on now.

        One whose tasks went back meanwhile, or that rests by now, would let the slot lie idle.
        """
        queue, now = self._queues.get(address or ""), time.monotonic()
        freed: list[Host] = []
        while queue and queue.line:
            host = queue.line.popleft()
            host.queued = False
            ready_at = host.ready_at()
            if host.tasks:
                freed.append(host)
                if host.address == address and ready_at is not None and ready_at <= now:
                    break
        return freed

    def enter(self, task: Task, address: str | None) -> None:
        """Take a slot at an address for a task."""
        queue = self._queue(address)
        self._slots[task.id] = address, queue
        if queue:
            queue.pace.handed_off()

    def leave(self, task: Task) -> list[Host]:
        """Give back the slot of a visit that does not begin; return who may go on."""
        address, queue = self._slots.pop(task.id)
        if queue:
            queue.pace.dropped()
        return self.next_in(address)

    def begun(self, task: Task, now: Seconds) -> list[Host]:
        """Note that a visit begins; return who may go on."""
        address, queue = self._slots[task.id]
        if queue:
            queue.pace.begun(now)
            if queue.pace.delay:  # when the next one may begin is known from now on
                return self.next_in(address)
        return []

    def finished(self, task: Task, answered_at: Seconds, now: Seconds) -> list[Host]:
        """Note a visit's end; return who may go on, or has no room in the line any more."""
        address, queue = self._slots.pop(task.id)
        sent: list[Host] = []
        if queue:
            queue.pace.finished(answered_at)
            queue.ended(now)
            while len(queue.line) > queue.room:
                host = queue.line.pop()
                host.queued = False
                queue.send_away(host, now)
                sent.append(host)
        return sent + self.next_in(address)

    def _queue(self, address: str | None) -> AddressQueue | None:
        if address is None or self.limits is None:
            return None
        if address not in self._queues:
            if len(self._queues) >= self._room:
                self._drop_quiet()
            self._queues[address] = AddressQueue(HostPace(0.0))
        self._queues[address].pace.limits = self.limits
        return self._queues[address]

    def _drop_quiet(self) -> None:
        """Forget addresses that nothing is known of any more."""
        now = time.monotonic()
        for address, queue in list(self._queues.items()):
            if not (queue.pace.busy or queue.line or queue.pace.next_at > now):
                del self._queues[address]
        self._room = 2 * len(self._queues) + KNOWN_ADDRESSES
