"""Notices that code keeps the event loop from all others, and names it.

A native thread outside of the loop looks where its thread stands; what it has found a greenlet
tells as soon as the loop comes round. A process that stood still as a whole (stopped, starved, or
on a machine that was suspended) is told apart: then the native thread was late, too, and the loop
hardly worked meanwhile. Code that does not let go of the interpreter holds the native thread up as
well, but works.
"""

import math
import sys
import time
from collections.abc import Callable
from typing import Self

import gevent
from gevent.monkey import get_original

from crawler.log import Log
from crawler.model import Seconds
from crawler.threads import Greenlet
from crawler.worker.frames import where

IDLE_S: Seconds = 0.5
"""Time between two looks while nothing is watched."""
AWAIT_S: Seconds = 1.0
"""Longest wait for the native thread, which may have been held up, too."""
LOOKS = 4
"""Looks within the longest time that is not told."""

_sleep = get_original("time", "sleep")
_start = get_original("_thread", "start_new_thread")
_ident = get_original("_thread", "get_ident")


class HubWatch:
    """Watches the loop of the thread that opens it.

    `limit` returns the seconds for which it may be blocked, 0 for any; `told` gets what happened in
    words, and `lagged` how late each round of the loop was, in seconds.
    """

    def __init__(
        self,
        limit: Callable[[], Seconds],
        log: Log,
        told: Callable[[str], None],
        lagged: Callable[[Seconds], None] = lambda _: None,
    ) -> None:
        self._limit = limit
        self._log = log
        self._told = told
        self._lagged = lagged
        self._watched: Seconds = 0.0
        """The limit, as the native thread has it."""
        self._round = time.monotonic()
        """When the loop came round last."""
        self._where = ""
        """Where the loop stands, as the native thread has found it; '' while it is in time."""
        self._late: Seconds = 0.0
        """How late the native thread was itself, since the loop came round last."""
        self._looked = 0
        """Looks of the native thread."""
        self._ended = False

    def __enter__(self) -> Self:
        self._main = _ident()
        self._greenlet: Greenlet = gevent.spawn(self._run)
        _start(self._watch, ())
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._greenlet.kill()

    def _run(self) -> None:
        while True:
            limit = self._watched = self._limit()
            tick = limit / LOOKS if limit else IDLE_S
            worked, self._late, self._where = time.thread_time(), 0.0, ""
            self._round = time.monotonic()
            gevent.sleep(tick)
            blocked = time.monotonic() - self._round - tick
            self._lagged(max(0.0, blocked))
            if limit and blocked > limit:
                worked = time.thread_time() - worked
                self._round = math.inf  # where the loop stands from now on is of no interest
                self._await_look()
                self._tell(limit, blocked, worked)

    def _await_look(self) -> None:
        """Let the native thread note how late it was itself."""
        before, until = self._looked, time.monotonic() + AWAIT_S
        while self._looked == before and time.monotonic() < until:
            gevent.sleep(0.01)

    def _tell(self, limit: Seconds, blocked: Seconds, worked: Seconds) -> None:
        seconds, place = round(blocked, 1), self._where
        if self._late > blocked / 2 and worked < limit / 2:
            self._log.warning("process.stalled", for_s=seconds)
            self._told(f"the process as a whole stood still for {seconds} s")
        else:
            self._log.warning("hub.blocked", for_s=seconds, cpu_s=round(worked, 1), where=place)
            self._told(f"the event loop was blocked for {seconds} s by {place or 'unknown code'}")

    def _watch(self) -> None:
        """Look from outside: in a native thread, with plain values alone."""
        while not self._ended:
            tick = self._watched / LOOKS if self._watched else IDLE_S
            began = time.monotonic()
            _sleep(tick)
            now = time.monotonic()
            self._late += now - began - tick
            if self._watched and not self._where and now - self._round - tick > self._watched / 2:
                self._where = where(sys._current_frames().get(self._main))  # noqa: SLF001
            self._looked += 1
