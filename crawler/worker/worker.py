"""A worker visits one task after another; every visit makes exactly one Outcome."""

import time
from collections.abc import Callable
from typing import Protocol

from gevent.queue import Queue, ShutDown

from crawler.model import Seconds, Task, Visited

SURPLUS = "surplus"
"""Return value of a worker that ended because the pool had too many."""


class Visiting(Protocol):
    """The visits that a worker makes: `visit.Visits`."""

    def timeout(self, task: Task) -> Seconds: ...
    def visit(self, task: Task, deadline: Seconds) -> Visited | None: ...


class Worker:
    """One greenlet of the pool.

    `deliver` takes the end of every visit; `leave` tells whether the pool has too many workers.
    """

    def __init__(
        self,
        handoff: "Queue[Task]",
        visits: Visiting,
        *,
        deliver: Callable[[Visited], None],
        leave: Callable[[], bool] = lambda: False,
    ) -> None:
        self._handoff = handoff
        self._visits = visits
        self._deliver = deliver
        self._leave = leave
        self.task: Task | None = None
        """The task that it is visiting; where a worker is found dead the pool settles it."""
        self.began: Seconds = 0.0
        """Monotonic time at which the visit began."""
        self.deadline: Seconds = 0.0
        """Monotonic time by which the visit is to end."""

    def run(self) -> str | None:
        """Visit until the hand-off shuts; return SURPLUS if the pool had too many before.

        Raises:
            RuntimeError: a visit called sys.exit; in a greenlet a SystemExit ends the process.
        """
        try:
            return self._work()
        except SystemExit as error:
            raise RuntimeError(f"something called sys.exit({error.code!r})") from error

    def _work(self) -> str | None:
        visits = self._visits
        while not self._leave():
            try:
                task = self._handoff.get()
            except ShutDown:
                return None
            self.task = task  # first of all: whatever fails from here on, it has an end
            self.began = time.monotonic()
            self.deadline = self.began + visits.timeout(task)
            end = visits.visit(task, self.deadline)
            if self.task is not task:
                return None  # given up as stuck; another has its place
            self.task = None
            if end is not None:  # else the feeder has it again
                self._deliver(end)
        return SURPLUS
