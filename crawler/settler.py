"""The settler writes what came back to disk and reports to the frontier, in batches.

The order is the law of durability: the file is whole under its final name, then the task is
settled, then the log line is written. A crash between two steps visits again; nothing is lost.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Protocol

import gevent
from gevent.queue import ShutDown

from crawler.config import Job
from crawler.frontier import Frontier
from crawler.model import Kind, Seconds, Task, Visited
from crawler.policy import naming
from crawler.policy.outcome import bug
from crawler.policy.pardons import Pardons
from crawler.records import Again, HostRecord, Settlement
from crawler.store import Body, Files, left_by, part_name, wanted_path
from crawler.store.faults import is_folders, may_be_folders
from crawler.worker.ends import Ends
from crawler.worker.guard import MACHINE
from crawler.worker.judge import Judge
from crawler.worker.reservations import Reservations, has_body

MAX_BATCH = 256
BATCH_GAP_S: Seconds = 0.02
"""Shortest time between two batches, so that under load many visits share what a batch costs."""


class Hosts(Protocol):
    """What the settler asks of the feeder."""

    def finished(self, visited: Visited) -> Visited: ...
    def settled(self, tasks: Iterable[Task]) -> None: ...
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
        self._pardons = pardons or Pardons()
        self._ends = ends
        self._batch: list[Visited] = []
        self._next: list[Visited] = []
        """The batch after this one, as far as it was there when this one was recorded."""
        self._reservations = Reservations(frontier, owner)
        self._began: Seconds = 0.0

    def take(self, visited: Visited) -> None:
        """Take a visit's end; the host's rest begins."""
        self._ends.put(self._hosts.finished(visited))

    def deliver(self, visited: Visited) -> None:
        """Take a visit's end, and make the worker wait while too many bytes wait for the disk."""
        self.take(visited)
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
        """Let a batch fill, unless the last one is long ago, or memory is what is short."""
        wait = self._began + BATCH_GAP_S - time.monotonic()
        if wait > 0 and len(self._ends) < MAX_BATCH and not self._ends.is_full:
            gevent.sleep(wait)

    def _settle(self) -> None:
        self._began = time.monotonic()
        wanted_paths = [visited.wanted for visited in self._batch]
        # 1 Files are whole under their final names.
        self._store()
        # 2 What becomes of each task, and what its host is owed by now.
        settlements = self._judge.settlements(self._batch)
        hosts = self._hosts.owed({visited.task.host_id for visited in self._batch})
        # 3 The ledger knows, in one transaction: a crash before this visits again.
        #   It reserves files for what came meanwhile as well.
        self._next += self._ends.get_all(MAX_BATCH - len(self._next))
        settlements = self._recorded(settlements, hosts)
        parts = self._parts_left(settlements, wanted_paths)
        # 4 The batch is over: workers that wait for memory go on.
        self._ends.freed(sum(len(visited.content or b"") for visited in self._batch))
        self._batch.clear()
        # 5 Hosts with nothing open may go back.
        self._hosts.settled([settled.task for settled in settlements])
        # 6 The log says so, never before the ledger knows.
        with self._together():
            for settled in settlements:
                self._guard.step(settled.task, self._tell, settled)
        # 7 What broke off and will not be continued goes: nothing in the ledger names it any more.
        if parts:
            self._files.discard(parts)

    def _store(self) -> None:
        """Write the bodies of the batch; their visits then carry the path, or the fault."""
        self._miss_gone_files()
        self._pass_over_same()
        found = {at: self._choices_at(at) for at, one in enumerate(self._batch) if has_body(one)}
        choices = {at: choice for at, choice in found.items() if choice}
        if not choices:
            return
        paths = self._reservations.files(list(choices.values()))
        bodies = [
            self._body(self._batch[at], choice[1], path)
            for (at, choice), path in zip(choices.items(), paths, strict=True)
        ]
        results = self._files.save(bodies)
        fault = self._files.fault() if any(map(_of_one_place, results)) else None
        for at, stored in zip(choices, results, strict=True):
            visited = self._batch[at]
            self._ends.freed(len(visited.content or b""))
            self._batch[at] = self._stored(visited, stored, fault)

    def _stored(self, visited: Visited, stored: str | OSError, fault: OSError | None) -> Visited:
        """Return a visit with its file, or with what is wrong with that or with the whole folder.

        The folder may be well again when it is looked at, so that the first fault of a URL that may
        have been the folder's is not charged.
        """
        task, outcome = visited.task, visited.outcome
        if isinstance(stored, str):
            self._pardons.stored(task.id)
            return Visited(task, outcome.stored_as(stored), visited.answered_at)
        error = _cause(stored, fault)
        ours = error is fault or is_folders(error)
        reason = f"cannot be stored: {error.strerror or error}"
        outcome = replace(outcome, kind=Kind.LOCAL_IO, digest="", size=0, reason=reason, ours=ours)
        spared = not ours and may_be_folders(error) and self._pardons.pardon(task.id)
        return Visited(task, outcome, visited.answered_at, spared=spared)

    def _miss_gone_files(self) -> None:
        """See that an answer without content is no good end where the file is gone."""
        for at, visited in enumerate(self._batch):
            task = visited.task
            if visited.outcome.kind is not Kind.EMPTY or not task.digest:
                continue
            if not self._files.exists(task.path or ""):
                gone = replace(visited, task=replace(task, digest=""))
                fault = self._files.fault()  # then nothing is known of the file
                self._batch[at] = self._stored(visited, fault, fault) if fault else gone

    def _pass_over_same(self) -> None:
        """Keep the file of a visit that brought the same content again, as long as it is there."""
        for at, visited in enumerate(self._batch):
            task, outcome = visited.task, visited.outcome
            path = task.path if has_body(visited) and outcome.digest == task.digest else None
            if path is None or not self._guard.step(task, self._files.exists, path):
                continue
            if visited.part:
                self._files.discard([visited.part])
            self._ends.freed(len(visited.content or b""))
            same = replace(outcome, kind=Kind.UNCHANGED, path=path)
            self._batch[at] = replace(visited, outcome=same, content=None, part=None)

    def _parts_left(self, settlements: list[Settlement], wanted_paths: list[str]) -> list[str]:
        """Return the parts that broke off and will not be continued: their tasks have ended."""
        parts: list[str] = []
        for settled, wanted in zip(settlements, wanted_paths, strict=True):
            if not isinstance(settled.verdict, Again) and not settled.task.robots:
                parts += self._guard.step(settled.task, self._left_by, settled, wanted) or []
        return parts

    def _left_by(self, settled: Settlement, wanted: str) -> list[str]:
        task = replace(settled.task, path=wanted) if wanted else settled.task
        return left_by(task, settled.outcome.kind, self._jobs[task.job], self._owner)

    def _choices_at(self, at: int) -> tuple[int, str, str] | None:
        """Return the choices for a body of the batch; one that has none is dropped as a bug."""
        visited = self._batch[at]
        choices = self._guard.step(visited.task, self._choices, visited)
        if choices is None:
            if visited.part:
                self._files.discard([visited.part])
            self._ends.freed(len(visited.content or b""))
            outcome = bug(ValueError("its path cannot be made"))
            self._batch[at] = Visited(visited.task, outcome, visited.answered_at)
        return choices

    def _recorded(self, settlements: list[Settlement], hosts: list[HostRecord]) -> list[Settlement]:
        """Settle a batch; where one of it cannot be written, one by one, and that one as a bug."""
        try:
            self._reservations.record(settlements, hosts, self._next)
        except MACHINE:
            raise
        except Exception as error:  # noqa: BLE001  it belongs to one of them
            if len(settlements) > 1:
                return [one for each in settlements for one in self._recorded([each], hosts)]
            settlements = [self._judge.unrecorded(settlements[0], error)]
            self._reservations.record(settlements, hosts)
        return settlements

    def _choices(self, visited: Visited) -> tuple[int, str, str]:
        task = visited.task
        path = visited.wanted or wanted_path(task, self._jobs[task.job])
        return task.id, path, naming.suffixed(path, task.fingerprint)

    def _body(self, visited: Visited, wanted: str, path: str) -> Body:
        task = visited.task
        part = visited.part or part_name(wanted, task.fingerprint, self._owner)
        modified, versions = visited.outcome.last_modified, self._jobs[task.job].on_change
        return Body(path, part, task.fingerprint, visited.content, modified, versions)


def _of_one_place(stored: str | OSError) -> bool:
    """Tell whether a body was refused for a fault that may be its file's, or the whole folder's."""
    return isinstance(stored, OSError) and not is_folders(stored)


def _cause(error: OSError, fault: OSError | None) -> OSError:
    """Return why a body was refused: the fault of the whole folder, where there is one."""
    return fault if fault and _of_one_place(error) else error
