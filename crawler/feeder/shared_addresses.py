"""The addresses that hosts share, and how many visits each of them bears.

Many names lead to one machine: what a politeness rule says of one host says nothing of a thousand
hosts at one address. So an address has limits of its own, and the hosts there share its slots.

Theory. A task that is handed off takes a slot of its host and a slot of its host's address; the
slot of the address is noted by task, for the host may have moved by the end of the visit. A host
that is ready, while its address has no slot, stands in the queue of the address: it is out of the
feeder's heap, and comes back when a slot is free. Three rules keep the queue honest:

1. A freed slot goes to the first host that can use it now. Hosts before it that have no task any
   more are dropped on the way; hosts that rest, or have moved, go back to the heap (`next_in`).
2. The queue is as long as it can be served within LONG_REST_S, by its measured pace (`room`). One
   host more is sent away: it gets a time of its own (`booked`) and rests until then. A host that
   rests long goes back to the frontier, so its place in memory is free for a host at another
   address, however many hosts there are at this one.
3. Where an address owes a rest (`delay`), one host comes back to the heap at the time when that is
   over (`expected`), and the others queue behind it.

All times are points on the monotonic clock, and `now` is always the caller's.
"""

from collections import deque
from dataclasses import field

from crawler.feeder.host import LONG_REST_S, Host
from crawler.model import Seconds, Task
from crawler.policy.host_limits import NO_LIMITS, HostLimits
from crawler.policy.politeness import MAX_TURN_S, HostPace
from crawler.value import mutable

NO_SLOT = (None, None)
"""What a task has that was handed off while its host had no address."""
KNOWN_ADDRESSES = 4096
"""Addresses remembered before the quiet ones are forgotten."""
MIN_LINE, MAX_LINE = 16, 256
"""Hosts for which every queue has room, and hosts that no queue exceeds."""
FIRST_GAP_S: Seconds = 0.005
"""Time between two visits at an address of which nothing is known yet."""
MIN_GAP_S: Seconds = 0.0001
GAP_WEIGHT = 0.03
"""Weight of the newest such time: one stall of the machine is not the pace of an address."""
EARLY_FACTOR = 0.8
"""Hosts are sent away for a little less time than their turn takes, so that no slot lies idle."""


@mutable
class AddressQueue:
    """The visits at one address, and the hosts that wait for a slot there."""

    pace: HostPace
    line: deque[Host] = field(default_factory=deque)
    expected: Seconds = 0.0
    """When a host comes back from the heap, for the address has rested by then."""
    visit_gap: Seconds = FIRST_GAP_S
    """Time between two visits while hosts wait, smoothed."""
    ended_at: Seconds = 0.0
    """When the last visit ended, or the first host began to wait."""
    booked: Seconds = 0.0
    """Time of the last host that was sent away."""

    @property
    def room(self) -> float:
        """Return how many hosts may wait: as many as have their turn within LONG_REST_S."""
        return max(MIN_LINE, min(MAX_LINE, LONG_REST_S / self.visit_gap))

    def ended(self, now: Seconds) -> None:
        """Note the end of a visit: the pace of the queue is measured while hosts wait."""
        if self.line:
            gap = now - self.ended_at
            self.visit_gap = max(MIN_GAP_S, self.visit_gap + GAP_WEIGHT * (gap - self.visit_gap))
        else:
            self.booked = 0.0  # too few hosts were sent away: the next ones may come sooner
        self.ended_at = now

    def send_away(self, host: Host, now: Seconds) -> None:
        """Let a host rest until it can expect a slot."""
        self.booked = max(self.booked, now + LONG_REST_S) + EARLY_FACTOR * self.visit_gap
        late = max(0.0, self.booked - now - MAX_TURN_S)  # such hosts come back at any time of
        host.pace.turn_at = min(self.booked, now + MAX_TURN_S - late % (MAX_TURN_S / 2))  # an hour


class AddressQueues:
    """The visits of this process at every address; `limits` is None where addresses have none."""

    def __init__(self, limits: HostLimits | None) -> None:
        self.limits = limits
        self._queues: dict[str, AddressQueue] = {}
        self._slots: dict[int, tuple[str | None, AddressQueue | None]] = {}
        """By the id of a task that was handed off: the address of its slot, if it has any."""
        self._room = KNOWN_ADDRESSES

    def allows(self, host: Host, now: Seconds) -> Seconds | None:
        """Return when the address of a host bears one more visit; None: when another one ends."""
        queue = None if host.address is None else self._queue(host.address, now)
        return queue.pace.ready_at() if queue else now

    def line_up(self, host: Host, at: Seconds | None, now: Seconds) -> Seconds | None:
        """Let a host wait whose address bears no visit before `at`.

        Return when to look at the host again; None: when it leaves the queue.
        """
        queue = self._queue(host.address, now)
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

    def next_in(self, address: str | None, now: Seconds) -> list[Host]:
        """Take hosts out of a queue, up to the first that can go on now.

        A host whose tasks went back meanwhile, or that rests by now, would let the slot lie idle.
        """
        queue = self._queues.get(address or "")
        freed: list[Host] = []
        while queue is not None and queue.line:
            host = queue.line.popleft()
            host.queued = False
            ready_at = host.ready_at()
            if host.tasks:
                freed.append(host)
                if host.address == address and ready_at is not None and ready_at <= now:
                    break
        return freed

    def enter(self, task: Task, address: str | None, now: Seconds) -> None:
        """Take a slot at an address for a task."""
        queue = self._queue(address, now)
        self._slots[task.id] = address, queue
        if queue:
            queue.pace.handed_off()

    def leave(self, task: Task, now: Seconds) -> list[Host]:
        """Give back the slot of a visit that does not begin; return the hosts that may go on."""
        address, queue = self._slots.pop(task.id, NO_SLOT)
        if queue:
            queue.pace.dropped()
        return self.next_in(address, now)

    def begun(self, task: Task, now: Seconds) -> list[Host]:
        """Note that a visit begins; return the hosts that may go on."""
        address, queue = self._slots.get(task.id, NO_SLOT)
        if queue:
            queue.pace.begun(now)
            if queue.pace.delay:  # when the next visit may begin is known from now on
                return self.next_in(address, now)
        return []

    def finished(self, task: Task, answered_at: Seconds, now: Seconds) -> list[Host]:
        """Note a visit's end; return the hosts that may go on, or have no room to wait any more."""
        address, queue = self._slots.pop(task.id, NO_SLOT)
        sent: list[Host] = []
        if queue:
            queue.pace.finished(answered_at)
            queue.ended(now)
            while queue.line and len(queue.line) > queue.room:
                host = queue.line.pop()
                host.queued = False
                queue.send_away(host, now)
                sent.append(host)
            if queue.line:
                sent += self.next_in(address, now)
        return sent

    def recall(self, address: str | None, answered_at: Seconds, now: Seconds) -> None:
        """Note when the last answer from an address began, which another process may have had."""
        queue = self._queue(address, now)
        if queue:
            queue.pace.answered_at = max(queue.pace.answered_at, min(answered_at, now))

    def rests(self, address: str | None) -> tuple[tuple[str, Seconds], ...]:
        """Return an address with the time at which the last answer from it began, if one did."""
        queue = self._queues.get(address or "")
        if queue is None or address is None or queue.pace.answered_at <= 0.0:
            return ()
        return ((address, queue.pace.answered_at),)

    def review(self, limits: HostLimits | None) -> list[Host]:
        """Put all addresses on other limits; return the hosts that waited under the old ones."""
        self.limits = limits
        waited = [host for queue in self._queues.values() for host in queue.line]
        for queue in self._queues.values():
            queue.pace.limit_to(limits or NO_LIMITS)
            queue.line.clear()
            queue.expected = queue.booked = 0.0
        for host in waited:
            host.queued = False
        return waited

    def _queue(self, address: str | None, now: Seconds) -> AddressQueue | None:
        if address is None or self.limits is None:
            return None
        queue = self._queues.get(address)
        if queue is None:
            if len(self._queues) >= self._room:
                self._drop_quiet(now)
            queue = self._queues[address] = AddressQueue(HostPace(0.0, self.limits))
        return queue

    def _drop_quiet(self, now: Seconds) -> None:
        """Forget the addresses that owe nothing and are owed nothing."""
        for address, queue in list(self._queues.items()):
            if not (queue.pace.busy or queue.line or queue.pace.next_at > now):
                del self._queues[address]
        self._room = 2 * len(self._queues) + KNOWN_ADDRESSES
