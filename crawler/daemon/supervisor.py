"""The supervisor owns the greenlets: it spawns, watches, restarts and drains them.

    starting -> running -> draining -> stopped
                       `-> failed

Its mailbox holds plain messages: a stop, a reload, the end of a greenlet. It alone reads them, so
that nothing a signal handler or a link does can surprise it halfway.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

import gevent
from gevent.pool import Group
from gevent.queue import Queue

from crawler.daemon.mailbox import RELOAD, Mailbox, Stop
from crawler.daemon.service_manager import ServiceManager
from crawler.daemon.services import MAX_DEATHS, Service, Services
from crawler.errors import EndOfProcessError, ServiceDiedError
from crawler.log import Log
from crawler.model import Seconds, Task
from crawler.settler import Settler
from crawler.threads import Greenlet
from crawler.worker.pool import Overdue, Workers

CLEANUP_S: Seconds = 0.4
"""Time for the `finally` blocks of killed greenlets, and for the settler's last batches."""
TICK_S: Seconds = 0.5


class State(StrEnum):
    """The states of the daemon."""

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


class Supervisor:
    """Runs workers and services until a message says stop, or until one of them keeps dying."""

    def __init__(
        self,
        mailbox: Mailbox,
        settler: Settler,
        handoff: "Queue[Task]",
        workers: Workers,
        *,
        concurrency: int,
        grace_period: Seconds,
        log: Log,
        hurry: Callable[[Seconds], None] = lambda _: None,
        written_at: Callable[[], Seconds] = time.monotonic,
        overdue: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Make a supervisor.

        `hurry` sets until when the ledger may be waited for, and `written_at` says when it was
        written last, both on the monotonic clock. `overdue` gets words about each visit that has to
        be killed.
        """
        self.manager = ServiceManager()
        self.finish: Callable[[Callable[[], Seconds]], None] = lambda _: None
        """Begins nothing more beside the visits, and waits for what it has begun until a time."""
        self._hurry = hurry
        self._overdue = overdue
        self._mailbox = mailbox
        self._settler = settler
        self._handoff = handoff
        self._workers = workers
        self.grace_period = grace_period
        self._log = log
        self._visiting = Service("worker", lambda: None, limit=max(2 * MAX_DEATHS, 2 * concurrency))
        self._services = Services(mailbox.ended, log, written_at)
        self._reloads = Group()
        self.ends_by: Seconds = 0.0
        """Monotonic time at which the grace period of a stop is over."""
        self.state = State.STARTING

    def is_running(self) -> bool:
        """Tell whether visits begin: it has started, and no stop has begun."""
        return self.state is State.RUNNING

    def resize(self, concurrency: int) -> None:
        """Set the number of workers; surplus ones leave after their visit."""
        self._visiting.limit = max(2 * MAX_DEATHS, 2 * concurrency)
        self._workers.resize(concurrency)

    def run(self, services: Sequence[Service], reload: Callable[[], None] = lambda: None) -> bool:
        """Run services, the settler among them, until stopped; return whether that was forced.

        `reload` runs in a greenlet of its own whenever a message asks for it.

        Raises:
            ServiceDiedError: a service kept dying.
            EndOfProcessError: its leases or the ledger are lost.
        """
        self._move(State.RUNNING)
        self._workers.fill()
        self._services.start(services)
        self.manager.ready()
        try:
            cause = self._supervise(reload)
            return self._drain(cause, self.grace_period)
        except (ServiceDiedError, EndOfProcessError):
            self._move(State.FAILED)
            self._halt(time.monotonic())
            raise

    def _supervise(self, reload: Callable[[], None]) -> str:
        while True:
            message = self._mailbox.next(TICK_S)
            if isinstance(message, Stop):
                return message.cause
            if message is RELOAD:
                self._reloads.spawn(self._reload, reload)
            elif message is not None:
                self._bury(message)
            for late in self._workers.rescue(time.monotonic()):
                self._tell(late)
            self._services.bring_back(time.monotonic())
            self._fill(time.monotonic())
            self.manager.alive(time.monotonic())

    def _reload(self, reload: Callable[[], None]) -> None:
        self.manager.reloading()
        try:
            reload()
        finally:
            self.manager.ready()

    def _tell(self, late: Overdue) -> None:
        """Tell of a visit past its deadline: when it is killed, and again if that did not help."""
        url, past = late.url, round(late.past, 1)
        if late.given_up:
            self._log.error("worker.abandoned", url=url, reason="it would not end when killed")
        else:
            self._log.error("visit.overdue", job=late.job, url=url, past_s=past, where=late.where)
            self._overdue(f"{url} was killed {past} s past its deadline, at {late.where}")

    def _bury(self, greenlet: Greenlet) -> None:
        if self._workers.bury(greenlet):
            self._services.died(self._visiting, greenlet)
            self._fill(time.monotonic())
        self._services.bury(greenlet)

    def _fill(self, now: Seconds) -> None:
        """Replace workers that died; where they die of everything they wait as services do."""
        if now >= self._visiting.back_at:
            self._workers.fill()

    def _drain(self, cause: str, grace_period: Seconds) -> bool:
        """Stop from the seeds downward, by the deadline; return whether it was forced."""
        self._move(State.DRAINING)
        deadline = self.ends_by = time.monotonic() + grace_period
        self._hurry(deadline)
        self.manager.stopping()
        self._log.info(
            "daemon.draining", cause=cause, grace_s=grace_period, in_flight=self._workers.busy
        )
        # 1 Nothing new is leased. The keeper goes on: leases must hold until they are released.
        self._services.kill(CLEANUP_S, "seeder", "waking", "setting", "leaser", "feeder")
        self._log.info("daemon.drained", step="leasing", next="handoff")
        # 2 Idle workers leave, and what was handed off but not begun goes back.
        self._handoff.shutdown(immediate=True)
        busy = self._workers.busy
        self._log.info("daemon.drained", step="handoff", next="visits", in_flight=busy)
        # 3 Busy workers have until the deadline, or a second stop.
        if self._wait_for_workers(deadline):
            self.ends_by = time.monotonic()
        busy = self._workers.busy
        self._log.info("daemon.drained", step="visits", next="settling", in_flight=busy)
        # 4, 5 Stragglers are killed where they block; what was delivered is settled.
        with self.hearing():
            self.finish(lambda: self.ends_by)
            self._halt(self.ends_by)
        self._log.info("daemon.drained", step="settling", next="release")
        self._move(State.STOPPED)
        return self.ends_by < deadline

    def _wait_for_workers(self, deadline: Seconds) -> bool:
        """Wait until no worker is left; return True if a second stop came first."""
        while len(self._workers):
            message = self._mailbox.next(max(0.0, deadline - time.monotonic()))
            if message is None:
                return False
            if isinstance(message, Stop):
                return True
            if message is not RELOAD:  # a configuration is of no use any more
                self._workers.bury(message)
        return False

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Have a second stop end the waits for the ledger, where no worker is waited for."""
        listener = gevent.spawn(self._hear)
        try:
            yield
        finally:
            listener.kill()

    def _hear(self) -> None:
        while not isinstance(self._mailbox.next(TICK_S), Stop):
            pass
        self.ends_by = min(self.ends_by, time.monotonic())
        self._hurry(self.ends_by)

    def _halt(self, deadline: Seconds) -> None:
        """End every greenlet: kill once, then wait; a second kill would interrupt a cleanup."""
        self._hurry(deadline)
        self._reloads.kill(block=False)  # they would apply to a ledger that is closed
        self._workers.kill(CLEANUP_S)
        self._settler.shut()
        self._services.join("settler", max(CLEANUP_S, deadline - time.monotonic()))
        self._services.kill(CLEANUP_S)

    def _move(self, state: State) -> None:
        if state not in MOVES[self.state]:
            raise AssertionError(f"no way from {self.state} to {state}")
        self.state = state
