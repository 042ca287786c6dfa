"""The crawler with a watch on its hub: `python -P tests/hub_watch.py FOLDER run -c CONFIG …`.

A greenlet wants to run every 10 ms. Each time at which it comes later than MAX_BLOCK_S is a line of
JSON in FOLDER/PID: {"at": wall time, "late_s", "cpu_s", "held_s", "stacks"}. `cpu_s` is what the
thread of the hub worked meanwhile. `held_s` is how late it came less the time for which threads of
the process stood in line for a processor: what a lock, a disk or another thread's hold of the
interpreter took. A busy machine counts for nothing in either, nor does a host that takes one of its
processors away (steal). "stacks" are of all threads, taken by a native thread about the middle of
the block.
"""

import crawler  # noqa: F401  patches first

import json  # isort: skip
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import gevent
from gevent.monkey import get_original

from crawler import cli

TICK_S = 0.01
MAX_BLOCK_S = 0.1
_HZ = os.sysconf("SC_CLK_TCK")
LOOK_S = 0.02
"""How often the native thread looks whether the hub has come round."""

_sleep = get_original("time", "sleep")
_start = get_original("_thread", "start_new_thread")


def waited_for_processor() -> float:
    """Return the seconds that the threads which live now have stood in line (Linux)."""
    waited = 0
    for task in Path("/proc/self/task").iterdir():
        try:
            waited += int((task / "schedstat").read_text().split()[1])
        except OSError:  # it has just ended
            continue
    return waited / 1e9


def stolen() -> list[float]:
    """Return the seconds that each processor was ready and its host ran others (proc(5), steal)."""
    lines = Path("/proc/stat").read_text().splitlines()
    return [int(line.split()[8]) / _HZ for line in lines if re.match(r"cpu\d", line)]


class Watch:
    """Notes every block of the hub."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._main = threading.get_ident()
        self._round = time.monotonic()
        self._waited = waited_for_processor()
        self._stolen = stolen()
        self._worked = time.thread_time()
        self._stacks: Mapping[int, list[str]] = {}

    def begin(self) -> None:
        """Watch from now on, until the process ends."""
        gevent.spawn(self._tick)
        _start(self._look, ())

    def _tick(self) -> None:
        while True:
            gevent.sleep(TICK_S)
            now, worked, waited = time.monotonic(), time.thread_time(), waited_for_processor()
            late = now - self._round - TICK_S
            if late > MAX_BLOCK_S:
                held = late - max(0.0, waited - self._waited)  # a thread that ended takes its share
                held -= max(after - at for at, after in zip(self._stolen, stolen(), strict=True))
                self._note(late_s=late, cpu_s=worked - self._worked, held_s=held)
            self._stacks = {}
            self._round, self._worked, self._waited = now, worked, waited
            self._stolen = stolen()

    def _note(self, **seconds: float) -> None:
        line = {"at": time.time(), **seconds, "stacks": list(self._stacks.values())}
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()

    def _look(self) -> None:
        """Take the stacks once of every block, halfway to what is too long."""
        while True:
            _sleep(LOOK_S)
            if not self._stacks and time.monotonic() - self._round > MAX_BLOCK_S / 2:
                self._stacks = {
                    ident: _lines(frame)
                    for ident, frame in sys._current_frames().items()
                    if ident != threading.get_ident()
                }


def _lines(frame: Any) -> list[str]:
    return [f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_stack(frame)]


def main(folder: str, *arguments: str) -> None:
    """Run the program with a watch."""
    with Path(folder, str(os.getpid())).open("a", encoding="utf-8") as out:
        Watch(out).begin()
        sys.argv[1:] = arguments
        cli.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
