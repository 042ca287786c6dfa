"""The services of the daemon: each runs in a greenlet, is watched, and starts again when it dies.

A service that dies is logged and started again, at once or, where it keeps dying, after a wait
that grows. If it keeps dying of this machine that ends the crawler; whatever else it dies of
belongs to a list, a line or a URL, and the others go on. A service that met a fault of this machine
that may pass (a full disk under the ledger) has not died: it waits.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import gevent

from crawler.errors import (
    LOCAL_FAULTS,
    EndOfProcessError,
    LocalFaultError,
    ServiceDiedError,
    StateError,
)
from crawler.log import Log
from crawler.model import Seconds
from crawler.threads import Greenlet
from crawler.worker.pool import on_end

MAX_DEATHS = 5
"""Deaths of one service by this machine, within DEATHS_WINDOW_S, that end the crawler."""
DEATHS_WINDOW_S: Seconds = 60.0
RESTART_WAIT_S: Seconds = 0.1
"""Wait of a service after its second death within DEATHS_WINDOW_S; it doubles with every other."""
MAX_RESTART_WAIT_S: Seconds = 30.0
FIRST_WAIT_S: Seconds = 1.0
"""First wait of a service that met a fault of this machine; it doubles up to thirty times this."""
_MACHINE = (OSError, MemoryError, StateError)
"""Deaths of these are about this machine, and not about an item."""


@dataclass(eq=False, slots=True)
class Service:
    """A function that runs in a greenlet of its own, under the supervisor."""

    name: str
    run: Callable[[], None]
    lasting: bool = True
    """Whether an end without an exception is a death, too."""
    limit: int = MAX_DEATHS
    """Deaths within DEATHS_WINDOW_S that are too many."""
    greenlet: Greenlet | None = None
    deaths: deque[Seconds] = field(default_factory=deque)
    """Monotonic times of the deaths within DEATHS_WINDOW_S."""
    away: Seconds = 0.0
    """Its wait for a fault of this machine to pass; 0 while there is none."""
    back_at: Seconds = 0.0
    """Monotonic time at which it starts again; 0 while it runs."""
    spawned_at: Seconds = 0.0
    cause: str = ""
    """What it died of last: the same traceback is logged once."""


class Services:
    """The services of one daemon, in the order in which they start."""

    def __init__(
        self,
        ended: Callable[[Greenlet], None],
        log: Log,
        written_at: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        self._ended = ended
        self._written_at = written_at
        self._log = log
        self._services: list[Service] = []

    def start(self, services: Sequence[Service]) -> None:
        """Start services one after another."""
        for service in services:
            self._services.append(service)
            self._spawn(service)

    def bury(self, greenlet: Greenlet) -> None:
        """Start the service of an ended greenlet again, now or when a fault has passed.

        Raises:
            ServiceDiedError: it keeps dying.
            EndOfProcessError: its leases or the ledger are lost.
        """
        for service in self._services:
            if service.greenlet is not greenlet:
                continue
            error = greenlet.exception
            if error is not None and _may_pass(error):
                self._wait_out(service, error)
            elif service.lasting or error:
                self.died(service, greenlet)
                if not service.back_at:
                    self._spawn(service)

    def died(self, service: Service, greenlet: Greenlet) -> None:
        """Log the death of a service, and give up after too many.

        The value of a killed greenlet shows the kill: for gevent it is successful (gevent issue
        330).

        Raises:
            ServiceDiedError: it keeps dying.
            EndOfProcessError: its leases or the ledger are lost.
        """
        error = greenlet.exception
        if isinstance(error, EndOfProcessError):
            raise error
        now = time.monotonic()
        service.deaths.append(now)
        while service.deaths[0] < now - DEATHS_WINDOW_S:
            service.deaths.popleft()
        cause = f"{type(error).__name__}: {error}" if error else repr(greenlet.value or "returned")
        trace = error if cause != service.cause else None
        service.cause = cause
        self._log.error(f"{service.name}.restarted", cause=cause, exc_info=trace)
        if len(service.deaths) >= service.limit and isinstance(error, _MACHINE):
            raise ServiceDiedError(
                f"the {service.name} died {len(service.deaths)} times "
                f"within {DEATHS_WINDOW_S:.0f} s, last of: {cause}"
            ) from error
        self._put_off(service, now)

    def _put_off(self, service: Service, now: Seconds) -> None:
        """Let a service that keeps dying wait; workers share their deaths, and have more."""
        many = len(service.deaths) - service.limit // MAX_DEATHS
        wait = min(RESTART_WAIT_S * 2.0 ** min(many - 1, 20), MAX_RESTART_WAIT_S)
        service.back_at = now + wait if many > 0 else 0.0

    def bring_back(self, now: Seconds) -> None:
        """Start services again whose wait is over, and log those that have run well since."""
        for service in self._services:
            if service.back_at and now >= service.back_at:
                service.back_at = 0.0
                self._spawn(service)
                service.spawned_at = now
            elif (
                service.away
                and not service.back_at
                and now >= service.spawned_at + 2 * FIRST_WAIT_S
                and self._written_at() > service.spawned_at
            ):
                service.away = 0.0
                self._log.info(f"{service.name}.resumed")

    def kill(self, timeout: Seconds, *names: str) -> None:
        """Kill the named services, or all, once, and wait."""
        greenlets = [
            service.greenlet
            for service in self._services
            if service.greenlet and (service.name in names or not names)
        ]
        gevent.killall(greenlets, block=False)
        gevent.joinall(greenlets, timeout=timeout)

    def join(self, name: str, timeout: Seconds) -> None:
        """Wait for a service to end by itself; one that a fault ended has one more try."""
        for service in self._services:
            if service.name == name and service.greenlet and service.greenlet.exception:
                self._spawn(service)
        named = [one.greenlet for one in self._services if one.name == name and one.greenlet]
        gevent.joinall(named, timeout)

    def _wait_out(self, service: Service, fault: BaseException) -> None:
        if not service.away:
            self._log.error(f"{service.name}.paused", cause=str(fault))
        service.away = min(2 * service.away or FIRST_WAIT_S, 30 * FIRST_WAIT_S)
        service.back_at = time.monotonic() + service.away

    def _spawn(self, service: Service) -> None:
        service.greenlet = gevent.spawn(service.run)
        on_end(service.greenlet, self._ended)


def _may_pass(error: BaseException) -> bool:
    """Tell whether an exception is a fault of this machine that may pass by itself."""
    return isinstance(error, LocalFaultError) or (
        isinstance(error, OSError) and error.errno in LOCAL_FAULTS
    )
