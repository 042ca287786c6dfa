"""The lasting parts of the daemon: started, watched, started again when they die.

A part that dies is started again at once and told of; one that keeps dying ends the crawler. A part
that met a fault of this machine (a full disk under the ledger) has not died: it waits it out.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import gevent

from crawler.errors import LeaseLostError, LocalFaultError, PartDiedError
from crawler.log import Log
from crawler.model import Seconds
from crawler.threads import Greenlet
from crawler.worker.pool import watch

DEATHS = 5
"""Deaths of one part within WINDOW after which there is no point in going on."""
WINDOW: Seconds = 60.0
AWAY: Seconds = 1.0
"""First wait of a part that met a fault of this machine; it doubles up to thirty times this."""


@dataclass(eq=False, slots=True)
class Part:
    """Something that runs in a greenlet of its own."""

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


class Parts:
    """The parts of one daemon, in the order in which they start."""

    def __init__(self, ended: Callable[[Greenlet], None], log: Log) -> None:
        self._ended = ended
        self._log = log
        self._parts: list[Part] = []

    def start(self, parts: Sequence[Part]) -> None:
        """Start parts one after another."""
        for part in parts:
            self._parts.append(part)
            self._spawn(part)

    def bury(self, greenlet: Greenlet) -> None:
        """Start the part of an ended greenlet again, now or when a fault has passed.

        Raises:
            PartDiedError: it keeps dying.
            LeaseLostError: another process took this one for dead.
        """
        for part in self._parts:
            if part.greenlet is not greenlet:
                continue
            if isinstance(greenlet.exception, LocalFaultError):
                self._wait_out(part, greenlet.exception)
            elif part.lasting or greenlet.exception:
                self.died(part, greenlet)
                self._spawn(part)

    def died(self, part: Part, greenlet: Greenlet) -> None:
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
        cause = f"{type(error).__name__}: {error}" if error else repr(greenlet.value or "returned")
        self._log.error(f"{part.name}.restarted", cause=cause, exc_info=error)
        if len(part.deaths) > part.limit:
            raise PartDiedError(
                f"the {part.name} died {len(part.deaths)} times within {WINDOW:.0f} s, "
                f"last of: {cause}"
            ) from error

    def bring_back(self, now: Seconds) -> None:
        """Start again what waited long enough, and tell when that went well."""
        for part in self._parts:
            if part.back_at and now >= part.back_at:
                part.back_at = 0.0
                self._spawn(part)
                part.spawned_at = now
            elif part.away and not part.back_at and now >= part.spawned_at + 2 * AWAY:
                part.away = 0.0
                self._log.info(f"{part.name}.resumed")

    def kill(self, timeout: Seconds, *names: str) -> None:
        """Kill the named parts, or all, once, and wait."""
        greenlets = [
            part.greenlet
            for part in self._parts
            if part.greenlet and (part.name in names or not names)
        ]
        gevent.killall(greenlets, block=False)
        gevent.joinall(greenlets, timeout=timeout)

    def join(self, name: str, timeout: Seconds) -> None:
        """Wait for a part to end by itself."""
        gevent.joinall([p.greenlet for p in self._parts if p.name == name and p.greenlet], timeout)

    def _wait_out(self, part: Part, fault: LocalFaultError) -> None:
        if not part.away:
            self._log.error(f"{part.name}.paused", cause=str(fault))
        part.away = min(2 * part.away or AWAY, 30 * AWAY)
        part.back_at = time.monotonic() + part.away

    def _spawn(self, part: Part) -> None:
        part.greenlet = gevent.spawn(part.run)
        watch(part.greenlet, self._ended)
