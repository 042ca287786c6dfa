"""The supervisor owns the greenlets: it spawns, watches, restarts and drains them.

    starting -> running -> draining -> stopped
                       `-> failed

Its mailbox holds plain messages: a wish to stop, the end of a greenlet. It alone reads it, so that
nothing a signal handler or a link does can surprise it halfway.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import gevent
from gevent.queue import Empty, Queue

from crawler.errors import LeaseLostError, LocalFaultError, PartDiedError
from crawler.log import Log
from crawler.model import Seconds, Task
from crawler.native import Greenlet
from crawler.pool import Workers, watch
from crawler.settler import Settler

DEATHS = 5
"""Deaths of one part within WINDOW after which the supervisor gives up."""
WINDOW: Seconds = 60.0
CLEANUP: Seconds = 0.4
"""What killed greenlets have for their `finally` blocks, and the settler for its last batches."""
TICK: Seconds = 0.5
AWAY: Seconds = 1.0
"""First wait of a part that met a fault of this machine; it doubles up to thirty times this."""


class State(StrEnum):
    """What the daemon is doing."""

    STARTING = "starting"
    RUNNING = "running"
    DRAINING = "draining"
    STOPPED = "stopped"
    FAILED = "failed"


MOVES: dict[State, frozenset[State]] = {
    State.STARTING: frozenset({State.RUNNING}),
    State.RUNNING: frozenset({State.DRAINING, State.FAILED}),
    State.DRAINING: frozenset({State.STOPPED, State.FAILED}),
    State.STOPPED: frozenset(),
    State.FAILED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A message: drain; a second one forces."""

    cause: str


@dataclass(eq=False, slots=True)
class Part:
    """Something that runs in a greenlet of its own and is started again when it dies."""

    name: str
    run: Callable[[], None]
    lasting: bool = True
    """Whether its end is a death even without an exception."""
    limit: int = DEATHS
    greenlet: Greenlet | None = None
    deaths: deque[Seconds] = field(default_factory=deque)
    away: Seconds = 0.0
    """How long it waits for a fault of this machine to pass; 0 while there is none."""
    back_at: Seconds = 0.0
    spawned_at: Seconds = 0.0


class Supervisor:
    """Runs the parts until it is told to stop, or until one of them keeps dying."""

    def __init__(
        self,
        settler: Settler,
        handoff: "Queue[Task]",
        *,
        concurrency: int,
        grace_period: Seconds,
        log: Log,
    ) -> None:
        self._settler = settler
        self._handoff = handoff
        self._grace_period = grace_period
        self._log = log
        self._mail: Queue[Stop | Greenlet] = Queue()
        self._settling = Part("settler", settler.run)
        self._visiting = Part("worker", lambda: None, limit=max(2 * DEATHS, 2 * concurrency))
        self._parts: list[Part] = []
        self.state = State.STARTING

    def adopt(self, workers: Workers, *parts: Part) -> None:
        """Take in what to run; parts are started in this order and stopped against it."""
        self._workers = workers
        self._parts = [self._settling, *parts]

    def stop(self, cause: str) -> None:
        """Ask for a drain, or, the second time, for its end."""
        self._mail.put(Stop(cause))

    def ended(self, greenlet: Greenlet) -> None:
        """Take note of a greenlet's end; called by its link."""
        self._mail.put(greenlet)

    def run(self) -> bool:
        """Run until stopped; return whether the stop was forced.

        Raises:
            PartDiedError: a part kept dying.
            LeaseLostError: another process took this one for dead.
        """
        self._move(State.RUNNING)
        self._workers.fill()
        for part in self._parts:
            self._spawn(part)
        try:
            cause = self._watch()
            return self._drain(cause, self._grace_period)
        except (PartDiedError, LeaseLostError):
            self._move(State.FAILED)
            self._halt(time.monotonic())
            raise

    def _watch(self) -> str:
        while True:
            try:
                message = self._mail.get(timeout=TICK)
            except Empty:
                message = None
            if isinstance(message, Stop):
                return message.cause
            if message is not None:
                self._bury(message)
            for url in self._workers.rescue(time.monotonic()):
                self._log.error("worker.abandoned", url=url, reason="it would not end when killed")
            self._bring_back(time.monotonic())

    def _bury(self, greenlet: Greenlet) -> None:
        if self._workers.bury(greenlet):
            self._died(self._visiting, greenlet)
            self._workers.fill()
        for part in self._parts:
            if part.greenlet is not greenlet:
                continue
            if isinstance(greenlet.exception, LocalFaultError):
                self._wait_out(part, greenlet.exception)
            elif part.lasting or greenlet.exception:
                self._died(part, greenlet)
                self._spawn(part)

    def _wait_out(self, part: Part, fault: LocalFaultError) -> None:
        """Start a part again later that met a fault of this machine; that is no death."""
        if not part.away:
            self._log.error(f"{part.name}.paused", cause=str(fault))
        part.away = min(2 * part.away or AWAY, 30 * AWAY)
        part.back_at = time.monotonic() + part.away

    def _bring_back(self, now: Seconds) -> None:
        for part in self._parts:
            if part.back_at and now >= part.back_at:
                part.back_at = 0.0
                self._spawn(part)
                part.spawned_at = now
            elif part.away and not part.back_at and now >= part.spawned_at + 2 * AWAY:
                part.away = 0.0
                self._log.info(f"{part.name}.resumed")

    def _died(self, part: Part, greenlet: Greenlet) -> None:
        """Tell of a death, once; give up after too many.

        `greenlet.value` tells a kill from an end: a killed greenlet counts as successful (gevent
        issue 330).
        """
        error = greenlet.exception
        if isinstance(error, LeaseLostError):
            raise error
        now = time.monotonic()
        part.deaths.append(now)
        while part.deaths[0] < now - WINDOW:
            part.deaths.popleft()
        cause = (
            f"{type(error).__name__}: {error}" if error else repr(greenlet.value or "it returned")
        )
        self._log.error(f"{part.name}.restarted", cause=cause, exc_info=error)
        if len(part.deaths) > part.limit:
            raise PartDiedError(
                f"the {part.name} died {len(part.deaths)} times within {WINDOW:.0f} s, "
                f"last of: {cause}"
            ) from error

    def _spawn(self, part: Part) -> None:
        part.greenlet = gevent.spawn(part.run)
        watch(part.greenlet, self.ended)

    def _drain(self, cause: str, grace_period: Seconds) -> bool:
        """Stop from the seeds downward, by the deadline; return whether it was forced."""
        self._move(State.DRAINING)
        deadline = time.monotonic() + grace_period
        self._log.info(
            "daemon.draining", cause=cause, grace_s=grace_period, in_flight=self._workers.busy
        )
        # 1 Nothing new is leased. The keeper goes on: leases must hold until they are released.
        self._kill([part for part in self._parts if part.name in {"seeder", "feeder"}])
        # 2 Idle workers leave, and what was handed off but not begun goes back.
        self._handoff.shutdown(immediate=True)
        # 3 Busy workers have until the deadline, or a second wish.
        forced = self._wait_for_workers(deadline)
        # 4, 5 Stragglers are killed where they block; what was delivered is settled.
        self._halt(time.monotonic() if forced else deadline)
        self._move(State.STOPPED)
        return forced

    def _wait_for_workers(self, deadline: Seconds) -> bool:
        while len(self._workers):
            try:
                message = self._mail.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                return False
            if isinstance(message, Stop):
                return True
            self._workers.bury(message)
        return False

    def _halt(self, deadline: Seconds) -> None:
        """End every greenlet: kill once, then wait; a second kill would interrupt a cleanup."""
        self._workers.kill(CLEANUP)
        self._settler.shut()
        if self._settling.greenlet:
            self._settling.greenlet.join(max(CLEANUP, deadline - time.monotonic()))
        self._kill(self._parts)

    def _kill(self, parts: list[Part]) -> None:
        greenlets = [part.greenlet for part in parts if part.greenlet]
        gevent.killall(greenlets, block=False)
        gevent.joinall(greenlets, timeout=CLEANUP)

    def _move(self, state: State) -> None:
        if state not in MOVES[self.state]:
            raise AssertionError(f"no way from {self.state} to {state}")
        self.state = state
