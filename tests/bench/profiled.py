"""The crawler with its steps counted: `profiled.py MODE FILE run -c CONFIG …`.

With the mode `calls` FILE gets what the main thread called, from the first visit on; with
`locks` how long transactions waited for the ledger's lock, held it, and worked meanwhile.
"""

import crawler  # noqa: F401  patches first

import cProfile  # isort: skip
import json
import pstats
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crawler import cli
from crawler.fetch.fetcher import Fetcher
from crawler.frontier.sqlite.file.transactions import Transactions

_fetch, _locked = Fetcher.fetch, Transactions.locked


class Calls:
    """Counts calls of Python functions, and of built-in ones, from the first visit on."""

    def __init__(self) -> None:
        self._profile = cProfile.Profile()
        self._fetches = 0

    def open(self) -> None:
        """Begin with the first fetch."""

        def fetch(*args: Any, **kwargs: Any) -> Any:  # a function, to become a method
            if not self._fetches:
                self._profile.enable()
            self._fetches += 1
            return _fetch(*args, **kwargs)

        Fetcher.fetch = fetch

    def close(self) -> dict[str, Any]:
        """Return the calls: of each function [file, name, calls, seconds of its own]."""
        self._profile.disable()
        stats = pstats.Stats(self._profile).stats
        calls = [
            [file, f"{line} {name}" if file == "~" else name, called, own]
            for (file, line, name), (_, called, own, *_) in stats.items()
        ]
        return {"fetches": self._fetches, "calls": calls}


class Locks:
    """Measures transactions that write: seconds of waiting, holding and working."""

    def __init__(self) -> None:
        self._sums: Counter[str] = Counter()

    def open(self) -> None:
        sums = self._sums

        @contextmanager
        def locked(self: Transactions, **options: bool) -> Iterator[None]:
            began = time.monotonic()
            with _locked(self, **options):
                held_at, worked_at = time.monotonic(), time.thread_time()
                yield
            if options.get("write", True):
                sums["transactions"] += 1
                sums["waited"] += held_at - began
                sums["held"] += time.monotonic() - held_at
                sums["worked"] += time.thread_time() - worked_at

        Transactions.locked = locked

    def close(self) -> dict[str, Any]:
        return dict(self._sums)


MODES = {"calls": Calls, "locks": Locks}


def main() -> None:
    """Run the crawler's own command line, and write what was counted at its end."""
    mode, file = MODES[sys.argv.pop(1)](), Path(sys.argv.pop(1))
    sys.argv[0] = "crawler"
    mode.open()
    try:
        cli.main()
    finally:
        file.write_text(json.dumps(mode.close()))


if __name__ == "__main__":
    main()
