"""The hosts that need tasks, in the order in which to look for them."""

import heapq
from collections.abc import Callable
from itertools import count

from crawler.feeder.host import Host
from crawler.feeder.lead import LOOKAHEAD_S
from crawler.model import Seconds


class RefillQueue:
    """Hosts in the order in which to look for tasks of them; each stands in it once that counts.

    `sooner` gets the time of each host that moved forward, and the present one.
    """

    def __init__(self, sooner: Callable[[Seconds, Seconds], None] = lambda *_: None) -> None:
        self._sooner = sooner
        self._heap: list[tuple[Seconds, int, Host]] = []
        self._count = count()

    def next_at(self, now: Seconds) -> Seconds | None:
        """Return when to look next; a host that was given tasks since it was noted waits on."""
        for host in self.due(now):
            self.note(host, now)
        return self._heap[0][0] if self._heap else None

    def note(self, host: Host, now: Seconds) -> None:
        """Note a host whose state has changed."""
        queued_at = host.queued_refill_at
        if queued_at is not None and queued_at <= now:
            return  # it is about to be looked at
        at = host.refill_at(now)
        if at is None or (queued_at is not None and queued_at <= at):
            return  # an entry that is too early is put right when its time comes
        host.queued_refill_at = at
        heapq.heappush(self._heap, (at, next(self._count), host))
        self._sooner(at, now)

    def due(self, now: Seconds) -> list[Host]:
        """Take out the hosts whose time has come, or nearly."""
        due: list[Host] = []
        while self._heap and self._heap[0][0] <= now + LOOKAHEAD_S / 2:
            at, _, host = heapq.heappop(self._heap)
            if host.queued_refill_at != at:
                continue
            host.queued_refill_at = None
            refill_at = host.refill_at(now)  # perhaps it was given tasks since
            if refill_at is not None and refill_at <= now + LOOKAHEAD_S / 2:
                due.append(host)
            else:
                self.note(host, now)
        return due
