"""The settler writes what came back to disk and reports to the frontier, in batches.

The order is the law of durability: the file is whole under its final name, then the task is
settled, then the log line is written. A crash between two steps visits again; nothing is lost.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from operator import attrgetter
from typing import Protocol

import gevent
from gevent.queue import ShutDown

from crawler.config import Job
from crawler.frontier import Frontier
from crawler.model import Seconds, Task, Visited
from crawler.policy.pardons import Pardons
from crawler.records import Again, Hop, HostRecord, Settlement
from crawler.rounds import ROUNDS
from crawler.store import Files, left_by, may_leave_parts
from crawler.worker.bodies import Bodies
from crawler.worker.ends import Ends, size_of
from crawler.worker.guard import AT_ONCE, MACHINE
from crawler.worker.judge import Judge
from crawler.worker.reservations import Reservations

MAX_BATCH = 256
BATCH_GAP_S: Seconds = 0.04
"""Shortest time between two batches, so that under load many visits share what a batch costs."""
_GO_ON = frozenset({Again, Hop})
"""Verdicts after which there is something to do, perhaps at another host."""
_TASK = attrgetter("task")
_HOST = attrgetter("task.host_id")
_VERDICT = attrgetter("verdict")


class Hosts(Protocol):
    """What the settler asks of the feeder."""

    def finished(self, visited: Visited) -> Visited: ...
    def settled(self, tasks: Iterable[Task], *, elsewhere: bool) -> None: ...
    def owed(self, hosts: Iterable[int] | None = None) -> list[HostRecord]: ...


class Settler:
    """Settles what workers deliver until its queue is shut and empty."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        jobs: Mapping[str, Job],
        files: Files,
        hosts: Hosts,
        judge: Judge,
        tell: Callable[[Settlement], None],
        ends: Ends,
        *,
        together: Callable[[], AbstractContextManager[None]] = nullcontext,
        pardons: Pardons | None = None,
    ) -> None:
        self._owner = owner
        self._jobs = jobs
        self._files = files
        self._hosts = hosts
        self._judge = judge
        self._guard = judge.guard
        self._tell = tell
        self._together = together
        self._ends = ends
        self._batch: list[Visited] = []
        self._next: list[Visited] = []
        """The batch after this one, as far as it was there when this one was recorded."""
        self.reservations = Reservations(frontier, owner)
        self._bodies = Bodies(
            owner, jobs, files, self._guard, ends, self.reservations, pardons or Pardons()
        )
        self._began: Seconds = 0.0

    def compare(self, by_job: Mapping[str, Collection[tuple[str, ...]]]) -> None:
        """From now on note how much files of these jobs change, by what is to be ignored."""
        self._bodies.compared = by_job

    def take(self, visited: Visited) -> None:
        """Take a visit's end; the host's rest begins."""
        self._ends.put(self._hosts.finished(visited))

    def deliver(self, visited: Visited) -> None:
        """Take a visit's end, and make the worker wait while too many bytes wait for the disk."""
        if self._ends.put(self._hosts.finished(visited)):
            self._ends.wait_for_room()

    def shut(self) -> None:
        """Let `run` end once everything delivered is settled."""
        self._ends.shut()

    def run(self) -> None:
        """Settle, batch after batch; a batch that failed is still there for the next run."""
        while self._batch or self._go_on() or self._fill():
            self._settle()

    def _go_on(self) -> bool:
        """Make the next batch this one, once it is time; return whether there is one."""
        if self._next:
            self._gather()
        self._batch, self._next = self._next, []
        return bool(self._batch)

    def _fill(self) -> bool:
        """Wait for the next batch; return False once nothing more will come."""
        try:
            self._batch.append(self._ends.get())
        except ShutDown:
            return False
        self._gather()
        self._batch += self._ends.get_all(MAX_BATCH - len(self._batch))
        return True

    def _gather(self) -> None:
        """Let visits gather, unless the last batch is long ago, or memory is what is short.

        For `_fill` they are this batch. For `_go_on` this batch is fixed, since its files are
        reserved, and they are the one after it.
        """
        wait = self._began + BATCH_GAP_S - time.monotonic()
        if wait > 0 and len(self._ends) < MAX_BATCH and not self._ends.is_full:
            gevent.sleep(wait)

    def _settle(self) -> None:
        self._began = time.monotonic()
        # 1 Files are whole under their final names.
        self._bodies.store(self._batch)
        # 2 What becomes of each task, and what its host is owed by now.
        settlements = self._judge.settlements(self._batch)
        hosts = self._hosts.owed(set(map(_HOST, self._batch)))
        # 3 The ledger knows, in one transaction: a crash before this visits again.
        #   It reserves files for what came meanwhile as well.
        self._next += self._ends.get_all(MAX_BATCH - len(self._next))
        settlements = self._recorded(settlements, hosts)
        parts = self._parts_left(settlements)
        # 4 The batch is over: workers that wait for memory go on.
        self._ends.freed(size_of(self._batch))
        self._batch.clear()
        # 5 Hosts with nothing open may go back.
        elsewhere = not _GO_ON.isdisjoint(map(type, map(_VERDICT, settlements)))
        self._hosts.settled(map(_TASK, settlements), elsewhere=elsewhere)
        # 6 The log says so, never before the ledger knows.
        self._tell_all(settlements)
        # 7 What broke off and will not be continued goes: nothing in the ledger names it any more.
        if parts:
            self._files.discard(parts)

    def _tell_all(self, settlements: list[Settlement]) -> None:
        """Tell settlements, some at a time, and the rest at once where this greenlet is ended."""
        rest = settlements
        try:
            while len(rest) > AT_ONCE:
                some, rest = rest[:AT_ONCE], rest[AT_ONCE:]
                with self._together():
                    self._guard.each(self._tell, some)
                ROUNDS.pause()
        finally:
            with self._together():
                self._guard.each(self._tell, rest)

    def _parts_left(self, settlements: list[Settlement]) -> list[str]:
        """Return the parts that broke off and will not be continued: their tasks have ended."""
        parts: list[str] = []
        for settled, visited in zip(settlements, self._batch, strict=True):
            task = settled.task
            if not may_leave_parts(task, settled.outcome.kind) or task.robots:
                continue
            decision = settled.verdict
            if not (isinstance(decision, Again) and decision.keeps):
                parts += self._guard.step(task, self._left_by, settled, visited.wanted) or []
        return parts

    def _left_by(self, settled: Settlement, wanted: str) -> list[str]:
        task = replace(settled.task, path=wanted) if wanted else settled.task
        return left_by(task, settled.outcome.kind, self._jobs[task.job], self._owner)

    def _recorded(self, settlements: list[Settlement], hosts: list[HostRecord]) -> list[Settlement]:
        """Settle a batch; where one of it cannot be written, one by one, and that one as a bug."""
        try:
            self.reservations.record(settlements, hosts, self._next)
        except MACHINE:
            raise
        except Exception as error:  # noqa: BLE001  it belongs to one of them
            if len(settlements) > 1:
                return [one for each in settlements for one in self._recorded([each], hosts)]
            settlements = [self._judge.unrecorded(settlements[0], error)]
            self.reservations.record(settlements, hosts)
        return settlements
