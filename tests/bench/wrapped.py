"""The crawler with a look at its hub: `python -P tests/bench/wrapped.py FILE run -c CONFIG …`.

From the first visit on, a greenlet that wants to run every 5 ms notes how late it is. A hub that is
blocked for 100 ms is late for twenty such ticks, and each of them counts (else the worst moments
would hardly show: "coordinated omission"). FILE gets a line of JSON a second: {"at": wall time,
"late": {milliseconds: ticks}}. With BENCH_ACCOUNT set, a last line says who spent the CPU time.
"""

import crawler  # noqa: F401  patches first

import json  # isort: skip
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, TextIO

import gevent
import greenlet
from gevent.event import Event
from gevent.hub import Hub

from crawler import cli
from crawler import threads as native
from crawler.feeder.feeder import Feeder
from crawler.fetch.fetcher import Fetcher

TICK = 0.005
_fetch, _hand_off = Fetcher.fetch, Feeder._hand_off


class Lag:
    """Notes how late the hub is, once the first visit has begun."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._begun = Event()
        self._late: Counter[float] = Counter()

    def watch_for_visit(self) -> None:
        """Begin with the first visit, and leave the others alone."""

        def first(*args: Any) -> Any:
            Feeder._hand_off = _hand_off
            self._begun.set()
            return _hand_off(*args)

        Feeder._hand_off = first

    def run(self) -> None:
        """Tick, for ever."""
        self._begun.wait()
        told_at = time.monotonic()
        while True:
            before = time.monotonic()
            gevent.sleep(TICK)
            now = time.monotonic()
            self._note(now - before - TICK)
            if now - told_at >= 1.0:
                self.tell()
                told_at = now

    def tell(self) -> None:
        """Write what was noted since the last time."""
        self._out.write(json.dumps({"at": round(time.time(), 3), "late": self._late}) + "\n")
        self._out.flush()
        self._late.clear()

    def _note(self, late: float) -> None:
        while True:
            self._late[round(max(0.0, late) * 1000, 1)] += 1
            late -= TICK
            if late <= 0:
                return


class Accounts:
    """Adds up the CPU time of the main thread by who spent it, at every switch of greenlets."""

    def __init__(self) -> None:
        self._fetching: set[int] = set()
        self.spent: Counter[str] = Counter()
        self.verbs: Counter[str] = Counter()
        self.fetches = 0

    def open(self) -> None:
        """Begin with the first fetch."""

        def fetch(*args: Any, **kwargs: Any) -> Any:  # a function, to become a method
            return self._counted(*args, **kwargs)

        Fetcher.fetch = fetch
        if guarded := getattr(native, "_guarded", None):
            native._guarded = lambda *asked: self._in_thread(guarded, *asked)

    def close(self) -> dict[str, Any]:
        """Return seconds by who spent them; `native` are the threads of SQLite and files."""
        if not self.fetches:
            return {}
        greenlet.settrace(None)
        main, whole = time.thread_time() - self._main, time.process_time() - self._whole
        spent = {**self.spent, "native": whole - main}
        return {"spent": spent, "fetches": self.fetches, "verbs": self.verbs}

    def _in_thread(self, guarded: Any, function: Any, *rest: Any) -> Any:
        """Add up what each function costs in its native thread."""
        before = time.thread_time()
        try:
            return guarded(function, *rest)
        finally:
            if self.fetches:
                self.verbs[_name(function)] += time.thread_time() - before

    def _counted(self, *args: Any, **kwargs: Any) -> Any:
        if not self.fetches:
            self._main = self._last = time.thread_time()
            self._whole = time.process_time()
            greenlet.settrace(self._switched)
        me = id(greenlet.getcurrent())
        self.fetches += 1
        self._charge("rest")
        self._fetching.add(me)
        try:
            return _fetch(*args, **kwargs)
        finally:
            self._charge("fetch")
            self._fetching.discard(me)

    def _switched(self, _: str, greenlets: tuple[Any, Any]) -> None:
        origin = greenlets[0]
        if isinstance(origin, Hub):
            self._charge("hub")
        else:
            self._charge("fetch" if id(origin) in self._fetching else "rest")

    def _charge(self, who: str) -> None:
        now = time.thread_time()
        self.spent[who] += now - self._last
        self._last = now


def _name(function: Any) -> str:
    """Return what a native thread was asked for; a transaction is called by its verb."""
    code = getattr(function, "__code__", None)
    if code and "verb" in code.co_freevars:
        function = function.__closure__[code.co_freevars.index("verb")].cell_contents
    module = getattr(function, "__module__", None) or "builtin"
    return f"{module}.{getattr(function, '__name__', '?')}"


def main() -> None:
    """Run the crawler's own command line, and write what was seen at its end."""
    file = Path(sys.argv.pop(1))
    sys.argv[0] = "crawler"
    accounts = Accounts() if os.environ.get("BENCH_ACCOUNT") else None
    with file.open("w") as out:
        lag = Lag(out)
        if accounts:
            accounts.open()
        else:
            lag.watch_for_visit()
            gevent.spawn(lag.run)
        try:
            cli.main()
        finally:
            if accounts:
                out.write(json.dumps(accounts.close()) + "\n")
            else:
                lag.tell()


if __name__ == "__main__":
    main()
