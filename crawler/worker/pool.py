"""The pool of workers: as many as the configuration says, whatever becomes of one of them."""

import time
from collections.abc import Callable
from heapq import nsmallest
from typing import NamedTuple
from weakref import WeakSet

from gevent.pool import Pool

from crawler.model import Seconds, Task, Visited
from crawler.policy.outcome import bug
from crawler.threads import Greenlet
from crawler.worker.frames import where
from crawler.worker.worker import SURPLUS, Worker

STUCK_S: Seconds = 2.0
"""How far past its deadline a visit may be before its worker is killed, and as long again until
the worker is given up: a worker that swallows every exception cannot be killed."""

_HANDLED: WeakSet[Greenlet] = WeakSet()


class Overdue(NamedTuple):
    """A visit that is far past its deadline."""

    job: str
    url: str
    past: Seconds
    """Seconds since its deadline."""
    where: str
    """Where its worker stood when it was killed; '' if it was not killed just now."""
    given_up: bool = False
    """Whether its worker would not end when it was killed."""


class Workers:
    """Spawns workers, and settles the tasks of workers that die.

    `make` gets a function that tells a worker whether it is one too many.
    """

    def __init__(
        self,
        size: int,
        make: Callable[[Callable[[], bool]], Worker],
        deliver: Callable[[Visited], None],
        ended: Callable[[Greenlet], None],
    ) -> None:
        self._size = size
        self._make = make
        self._deliver = deliver
        self._ended = ended
        self._pool = Pool()
        self._workers: dict[Greenlet, Worker] = {}
        self._killed: dict[Greenlet, Seconds] = {}
        self._leaving = 0
        """Workers that were told to leave, and whose end is not known yet."""
        self.abandoned = 0
        """Workers that would not die."""

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def busy(self) -> int:
        """How many are on a visit."""
        return sum(1 for worker in self._workers.values() if worker.task)

    def oldest(self, most: int) -> list[tuple[Task, Seconds]]:
        """Return the visits under way that began first, each with its monotonic time."""
        busy = [(worker.began, worker.task) for worker in self._workers.values() if worker.task]
        return [(task, began) for began, task in nsmallest(most, busy, key=lambda one: one[0])]

    def fill(self) -> None:
        """Spawn the workers that are missing."""
        while len(self._workers) - self._leaving < self._size:
            worker = self._make(self.leave)
            greenlet = self._pool.spawn(worker.run)
            on_end(greenlet, self._ended)
            self._workers[greenlet] = worker

    def resize(self, size: int) -> None:
        """Have another number of workers; surplus workers leave after their visit."""
        self._size = size
        self.fill()

    def leave(self) -> bool:
        """Tell whether there are too many workers; the worker that asks then leaves."""
        if len(self._workers) - self._leaving <= self._size:
            return False
        self._leaving += 1
        return True

    def bury(self, greenlet: Greenlet) -> bool:
        """Take out a worker that ended; tell whether it died, and settle its task as a bug."""
        worker = self._workers.pop(greenlet, None)
        self._killed.pop(greenlet, None)
        if worker is None:
            return False
        if greenlet.value == SURPLUS:
            self._leaving -= 1
            return False
        self._settle_for(worker, greenlet.exception)
        return True

    def rescue(self, now: Seconds) -> list[Overdue]:
        """Kill workers far past their deadline, give up survivors; return the visits of both."""
        late = []
        for greenlet, worker in list(self._workers.items()):
            if worker.task is None or now < worker.deadline + STUCK_S:
                continue
            task, past = worker.task, now - worker.deadline
            if greenlet not in self._killed:
                self._killed[greenlet] = now
                late.append(Overdue(task.job, task.url, past, where(greenlet.gr_frame)))
                greenlet.kill(block=False)
            elif now >= self._killed[greenlet] + STUCK_S:
                late.append(Overdue(task.job, task.url, past, "", given_up=True))
                self._abandon(greenlet, worker)
        return late

    def kill(self, timeout: Seconds) -> None:
        """Kill every worker once, and wait; their tasks go back to the frontier."""
        self._pool.kill(block=False)
        self._pool.join(timeout)
        self.abandoned += len(self._pool)

    def _settle_for(self, worker: Worker, error: BaseException | None) -> None:
        task, worker.task = worker.task, None
        if task is not None:
            cause = error or RuntimeError("its worker was killed, or would not end")
            self._deliver(Visited(task, bug(cause), time.monotonic()))

    def _abandon(self, greenlet: Greenlet, worker: Worker) -> None:
        self.abandoned += 1
        del self._workers[greenlet], self._killed[greenlet]
        self._pool.discard(greenlet)
        self._settle_for(worker, None)
        self.fill()


def on_end(greenlet: Greenlet, ended: Callable[[Greenlet], None]) -> None:
    """Call `ended` when a greenlet ends; the hub then prints nothing of its own."""
    _HANDLED.add(greenlet)
    greenlet.link(ended)


def end_is_handled(greenlet: object) -> bool:
    """Tell whether `on_end` was called for this greenlet."""
    return greenlet in _HANDLED
