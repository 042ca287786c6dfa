"""The guards of this machine: room, memory and descriptors, looked at twice a second.

Each tells the log once when it begins to hold visits back and once when it ends, and the row of the
process has it meanwhile.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Protocol, Self

import gevent

from crawler.daemon.configuration import Configuration
from crawler.daemon.guards.ceilings import Ceilings
from crawler.daemon.guards.hub_watch import HubWatch
from crawler.daemon.guards.measures import Measures, measure
from crawler.daemon.guards.peak import Peak
from crawler.daemon.guards.rooms import Rooms
from crawler.errors import MemoryFullError
from crawler.feeder.feeder import Feeder
from crawler.fetch.fetcher import Fetcher
from crawler.frontier import Beat, Gauges
from crawler.log import Log
from crawler.model import Seconds
from crawler.policy.troubles import Troubles
from crawler.state_address import folders_of
from crawler.threads import Greenlet, Native

TICK_S: Seconds = 0.5


class Guarded(Protocol):
    """The visits that the guards hold back: `daemon.visiting.Visiting`."""

    @property
    def feeder(self) -> Feeder: ...
    @property
    def fetcher(self) -> Fetcher: ...


class Guards:
    """Looks while it is open.

    `running` tells whether no stop is under way, and `stop` asks for one, with its cause.
    """

    def __init__(
        self,
        configuration: Configuration,
        visiting: Guarded,
        log: Log,
        running: Callable[[], bool],
        stop: Callable[[str], None],
    ) -> None:
        self._configuration = configuration
        self._feeder = visiting.feeder
        self._fetcher = visiting.fetcher
        self._log = log
        self._running = running
        self._stop = stop
        self.troubles = Troubles()
        self._rooms = Rooms(log, self.troubles)
        self._ceilings = Ceilings(log, self.troubles, visiting.fetcher.hang_up)
        self._hub = HubWatch(self._hub_lag, log, partial(self.happened, "hub"), self._lagged)
        self._lag = Peak()
        self.lagged: Callable[[Seconds], None] = lambda _: None
        """Gets how late each round of the event loop was."""
        self._found: Measures | None = None
        self.short_since: Seconds | None = None
        """Monotonic time since when no visit begins for want of room; None: there is enough."""
        self._written = 0
        """What had gone to the disk when its room was looked at, in bytes."""
        self._elsewhere = 0
        """What bodies under way of other processes of this machine are still to bring, in bytes."""
        self._full = ""
        """Why the process is to end; '' while it is not."""

    def __enter__(self) -> Self:
        options = self._configuration.settings.crawler
        self._folders = (options.output, *folders_of(options.state))
        self._native = Native(1).__enter__()
        self._look()
        self._fetcher.find_room(self._room)
        self._greenlet: Greenlet = gevent.spawn(self._run)
        self._hub.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._hub.__exit__()
        self._greenlet.kill()
        self._native.abandon()  # a disk that hangs holds up no end

    def happened(self, name: str, words: str) -> None:
        """Note what has troubled this process, to be told of for a while."""
        self.troubles.happened(name, words, time.monotonic())

    def heed(self, beat: Beat) -> None:
        """Note what other processes told of their bodies under way."""
        self._elsewhere = beat.declared

    def _room(self) -> int | None:
        """Return the bytes for which there is room beside the bodies under way, if that is known.

        It is below 0 where they take what is to stay free.
        """
        free, least = self._rooms.free, self._configuration.settings.crawler.guards.min_free
        since = self._fetcher.written - self._written
        return None if free is None else free - least - since - self._coming()

    def _coming(self) -> int:
        return self._fetcher.declared + self._elsewhere

    def _hub_lag(self) -> Seconds:
        return self._configuration.settings.crawler.guards.hub_lag

    def words(self) -> str:
        """Return what troubles this process; '' if nothing does."""
        return self.troubles.words(time.monotonic())

    def gauges(self) -> Gauges:
        """Return what this process has and uses, as it was seen last."""
        lag, found = self._lag.look(time.monotonic()), self._found
        if found is None:
            return Gauges(lag=lag)
        free = [room.free for room in found.rooms if room.free is not None]
        inodes = [room.inodes for room in found.rooms if room.inodes is not None]
        return Gauges(
            found.descriptors,
            found.memory,
            min(free, default=None),
            min(inodes, default=None),
            round(lag, 4),
        )

    def _lagged(self, seconds: Seconds) -> None:
        self._lag.note(seconds, time.monotonic())
        self.lagged(seconds)

    def require(self) -> None:
        """See that the drain had another cause than too much memory.

        Raises:
            MemoryFullError: it had not; supervisord then starts the next process.
        """
        if self._full:
            raise MemoryFullError(self._full)

    def _run(self) -> None:
        while True:
            gevent.sleep(TICK_S)
            self._look()

    def _look(self) -> None:
        written = self._fetcher.written
        self.look(self._native.start(measure, self._folders).get(), time.monotonic())
        self._written = written

    def look(self, found: Measures, now: Seconds) -> None:
        """Judge measures, and let as many visits run as they allow."""
        self._found = found
        options, feeder = self._configuration.settings.crawler.guards, self._feeder
        short = self._rooms.look(found.rooms, options, self._coming())
        self.short_since = (self.short_since or now) if short else None
        most = self._ceilings.look(found, options, now, feeder.busy, feeder.concurrency)
        feeder.allow(0 if short else most)
        self._limit(found.memory or 0, options.memory_hard)

    def _limit(self, memory: int, hard: int | None) -> None:
        """Ask for a drain, once, where more memory is held than may be."""
        if hard and memory > hard and not self._full and self._running():
            self._end(memory, hard)

    def _end(self, memory: int, hard: int) -> None:
        self._full = (
            f"it holds {memory:,} bytes of memory, more than crawler.guards.memory_hard, {hard:,}"
        )
        self._log.error("memory.full", bytes=memory, limit=hard)
        self._stop(self._full)
