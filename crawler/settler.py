"""The settler writes what came back to disk and reports to the frontier, in batches.

The order is the law of durability: the file is whole under its final name, then the task is
settled, then the log line is written. A crash between two steps visits again; nothing is lost.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import Protocol

import gevent
from gevent.queue import ShutDown

from crawler.config import Job, ScheduleOptions
from crawler.errors import LOCAL_FAULTS
from crawler.frontier import Frontier
from crawler.model import Kind, Outcome, Seconds, Task, Visited
from crawler.policy import naming
from crawler.policy.retry import verdict
from crawler.policy.schedule import Schedule, next_due
from crawler.records import Again, Dead, Done, HostRecord, Settlement, Verdict
from crawler.store import Body, Files, left_by, part_name, wanted_path
from crawler.worker.ends import Ends
from crawler.worker.robots_rules import Rulebook

MAX_BATCH = 256
BATCH_GAP_S: Seconds = 0.02
"""Shortest time between two batches, so that under load many visits share what a batch costs."""


class Hosts(Protocol):
    """What the settler asks of the feeder."""

    def finished(self, visited: Visited) -> Visited: ...
    def given_up(self, task: Task) -> bool: ...
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
        rules: Rulebook,
        tell: Callable[[Settlement], None],
        ends: Ends,
        *,
        together: Callable[[], AbstractContextManager[None]] = nullcontext,
        wall: Callable[[], Seconds] = time.time,
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._jobs = jobs
        self._files = files
        self._hosts = hosts
        self._rules = rules
        self._tell = tell
        self._together = together
        self._wall = wall
        self._random = Random()  # noqa: S311  jitter is no secret
        self._ends = ends
        self._batch: list[Visited] = []
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
        while self._batch or self._fill():
            self._settle()

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
        # 1 Files are whole under their final names.
        self._store()
        # 2 What becomes of each task, and what its host is owed by now.
        now = self._wall()
        settlements = [self._settlement(visited, now) for visited in self._batch]
        hosts = self._hosts.owed({visited.task.host_id for visited in self._batch})
        # 3 The ledger knows, in one transaction: a crash before this visits again.
        self._frontier.settle(self._owner, settlements, hosts)
        # 4 The batch is over: workers that wait for memory go on.
        self._ends.freed(sum(len(visited.content or b"") for visited in self._batch))
        self._batch.clear()
        # 5 Hosts with nothing open may go back.
        self._hosts.settled([settled.task for settled in settlements])
        # 6 The log says so, never before the ledger knows.
        with self._together():
            for settled in settlements:
                self._tell(settled)
        # 7 What broke off and will not be continued goes: nothing in the ledger names it any more.
        self._drop_parts(settlements)

    def _store(self) -> None:
        """Write the bodies of the batch; their visits then carry the path, or the fault."""
        self._pass_over_same()
        chosen = [at for at, visited in enumerate(self._batch) if _has_body(visited)]
        if not chosen:
            return
        choices = [self._choices(self._batch[at]) for at in chosen]
        paths = self._frontier.claim(choices)
        bodies = [
            self._body(self._batch[at], choice[1], path)
            for at, choice, path in zip(chosen, choices, paths, strict=True)
        ]
        for at, stored in zip(chosen, self._files.save(bodies), strict=True):
            visited = self._batch[at]
            self._ends.freed(len(visited.content or b""))
            outcome = _stored(visited, stored)
            self._batch[at] = Visited(visited.task, outcome, visited.answered_at)

    def _pass_over_same(self) -> None:
        """Keep the file of a visit that brought the same content again, as long as it is there."""
        for at, visited in enumerate(self._batch):
            task, outcome = visited.task, visited.outcome
            again = _has_body(visited) and outcome.digest == task.digest and task.path
            if not again or not self._files.exists(task.path or ""):
                continue
            if visited.part:
                self._files.discard([visited.part])
            self._ends.freed(len(visited.content or b""))
            same = replace(outcome, kind=Kind.UNCHANGED, path=task.path)
            self._batch[at] = replace(visited, outcome=same, content=None, part=None)

    def _drop_parts(self, settlements: list[Settlement]) -> None:
        """Remove the parts that broke off and will not be continued: their tasks have ended."""
        parts = [
            part
            for settled in settlements
            if not isinstance(settled.verdict, Again) and not settled.task.robots
            for part in left_by(
                settled.task, settled.outcome.kind, self._jobs[settled.task.job], self._owner
            )
        ]
        if parts:
            self._files.discard(parts)

    def _choices(self, visited: Visited) -> tuple[int, str, str]:
        task = visited.task
        path = wanted_path(task, self._jobs[task.job])
        return task.id, path, naming.suffixed(path, task.fingerprint)

    def _body(self, visited: Visited, wanted: str, path: str) -> Body:
        task = visited.task
        part = visited.part or part_name(wanted, task.fingerprint, self._owner)
        modified, versions = visited.outcome.last_modified, self._jobs[task.job].on_change
        return Body(path, part, task.fingerprint, visited.content, modified, versions)

    def _settlement(self, visited: Visited, now: float) -> Settlement:
        task = visited.task
        if task.robots:
            judged = self._rules.judge(visited, now, given_up=self._hosts.given_up(task))
            return Settlement(task, visited.outcome, judged.verdict, now, judged.record)
        decision = verdict(
            task,
            visited.outcome,
            attempts=self._jobs[task.job].attempts,
            now=now,
            random=self._random,
            spared=visited.spared,
        )
        decision = self._next(task, visited.outcome, decision, now)
        return Settlement(task, visited.outcome, decision, now)

    def _next(self, task: Task, outcome: Outcome, decision: Verdict, now: Seconds) -> Verdict:
        """Return the verdict with the next time of a job that has a schedule."""
        options = self._jobs[task.job].schedule
        if options is None or not isinstance(decision, (Done, Dead)):
            return decision
        changed = {Kind.STORED: True, Kind.UNCHANGED: False}.get(outcome.kind)
        coming = next_due(
            _parsed(options),
            now=now,
            due_at=task.due_at,
            every=task.every,
            changed=changed,
            fingerprint=task.fingerprint,
        )
        return replace(decision, next_at=coming.at, every=coming.every)


@lru_cache(maxsize=1024)
def _parsed(options: ScheduleOptions) -> Schedule:
    return options.parsed()


def _has_body(visited: Visited) -> bool:
    return not visited.task.robots and (visited.content is not None or visited.part is not None)


def _stored(visited: Visited, stored: str | OSError) -> Outcome:
    if isinstance(stored, str):
        return visited.outcome.stored_as(stored)
    reason = f"cannot be stored: {stored.strerror or stored}"
    ours = stored.errno in LOCAL_FAULTS
    return replace(visited.outcome, kind=Kind.LOCAL_IO, digest="", size=0, reason=reason, ours=ours)
