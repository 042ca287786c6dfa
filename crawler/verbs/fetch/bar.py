"""The bar of `crawler fetch` on a terminal: ends, failures, bytes, their rate, and a clock."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any

import gevent
from tqdm import tqdm

from crawler.log import moves_cursor, size
from crawler.model import Seconds
from crawler.threads import Greenlet

TICK_S: Seconds = 0.25
"""Time between two looks: the clock and the bytes go on while no visit ends."""
_SMOOTH = 0.3
"""Weight of the last tick in the rate."""
_ERASE = "\r\x1b[K"
_FORMAT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"


class Bar:
    """A line on standard error, which is there between `start` and `stop`.

    `arrived` returns the bytes that have come so far, those of visits under way included.
    """

    def __init__(self) -> None:
        self.arrived: Callable[[], int] = lambda: 0
        self._failed = 0
        self._rate = 0.0
        self._before = (time.monotonic(), 0)
        self._drawn: tqdm[Any] | None = None
        self._ticker: Greenlet | None = None
        self._is_away = False

    def start(self) -> None:
        """Turn a spinner until the first byte has come, then draw the bar."""
        if moves_cursor(sys.stderr.fileno()):
            self._ticker = gevent.spawn(self._tick)

    def ended(self, total: int, *, failed: bool) -> None:
        """Note that a visit has ended, of so many as are known."""
        self._failed += failed
        if self._ticker is not None:
            self._draw(total)
            assert self._drawn is not None
            self._drawn.update()

    def stop(self) -> None:
        """Erase it, and what a ^C has left there."""
        if self._ticker is None:
            return
        self._ticker.kill()
        self._ticker = None
        if self._drawn is not None:
            self._drawn.leave = False
            self._drawn.close()
            self._drawn = None
        print(_ERASE, end="", file=sys.stderr, flush=True)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others write to the terminal: the bar is away meanwhile."""
        self._is_away = True
        if self._drawn is not None:
            self._drawn.clear()
        elif self._ticker is not None:
            print(_ERASE, end="", file=sys.stderr, flush=True)
        try:
            yield
        finally:
            self._is_away = False
        if self._drawn is not None:
            self._drawn.refresh()

    def _tick(self) -> None:
        for sign in cycle("|/-\\"):
            if self.arrived() and self._drawn is None:
                self._draw(0)
            if self._drawn is None and not self._is_away:
                text = f"\r{sign} waiting for the first answer"
                print(text, end="", file=sys.stderr, flush=True)
            elif self._drawn is not None:
                self._measure()
                if not self._is_away:
                    self._drawn.refresh()
            gevent.sleep(TICK_S)

    def _draw(self, total: int) -> None:
        if self._drawn is None:
            print(_ERASE, end="", file=sys.stderr, flush=True)
            tqdm.monitor_interval = 0  # its monitor is a thread
            width = shutil.get_terminal_size().columns - 4  # a ^C must not wrap
            self._drawn = tqdm(
                total=total or None, file=sys.stderr, ncols=width, bar_format=_FORMAT
            )
        if total:
            self._drawn.total = total
        self._measure()

    def _measure(self) -> None:
        """Look at the bytes, and say what is known."""
        now, arrived = time.monotonic(), self.arrived()
        then, before = self._before
        if now - then >= TICK_S / 2:
            rate = max(0.0, (arrived - before) / (now - then))
            self._rate = rate if not before else self._rate + _SMOOTH * (rate - self._rate)
            self._before = (now, arrived)
        failed = f"{self._failed} failed, " if self._failed else ""
        text = f"{failed}{size(arrived)}, {size(round(self._rate))}/s"
        assert self._drawn is not None
        self._drawn.set_postfix_str(text, refresh=False)
