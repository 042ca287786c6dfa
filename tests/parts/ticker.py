"""Whether the other greenlets went on meanwhile."""

import time
from contextlib import suppress
from pathlib import Path

import gevent

GAP_S = 0.1
"""Longest time that reading may keep the other greenlets from running."""


class Ticker:
    """Measures the longest time that other greenlets were kept from running.

    What our threads waited for a processor does not count: that is the fault of other programs.
    """

    def __init__(self):
        self.start()

    def start(self):
        """Forget what was, such as how long the test itself has prepared."""
        self.longest, self._last, self._waits = 0.0, time.monotonic(), waits()

    def run(self):
        while True:
            gevent.sleep(0.005)
            now, before = waits(), self._waits
            waited = sum(ns - before.get(thread, 0) for thread, ns in now.items()) / 1e9
            self.longest = max(self.longest, time.monotonic() - self._last - waited)
            self._last, self._waits = time.monotonic(), now


def waits():
    """Return for how long each thread of this process was ready to run, and did not."""
    found = {}
    for file in Path("/proc/self/task").glob("*/schedstat"):
        with suppress(OSError):  # the thread has ended meanwhile
            found[file] = int(file.read_text().split()[1])
    return found
