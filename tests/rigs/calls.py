"""A program whose Python functions are counted, as `within` of a daemon.

    python tests/rigs/calls.py CALLS python -m crawler run …

CALLS is written when the program ends: a JSON object of `file:line:function` with the number of its
calls. A generator that goes on counts as a call.
"""

import json
import runpy
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

_SOURCES = str(Path(__file__).parents[2])


def within(calls: Path) -> list[str]:
    """Return the surroundings in which the functions of a program are counted."""
    return [sys.executable, __file__, str(calls)]


def counted(calls: Path) -> Counter[str]:
    """Return how often each function was called, in all threads together."""
    return Counter(json.loads(calls.read_text()))


class _Counts:
    """Counts by thread: one that is switched off within `+= 1` must not lose another's."""

    def __init__(self) -> None:
        self._of: dict[int, Counter[Any]] = {}

    def begin(self, *_: object) -> None:
        """Count what this thread calls; it is called by each when it begins."""
        mine = self._of[threading.get_ident()] = Counter()

        def note(frame: Any, event: str, _: object) -> None:
            if event == "call":
                mine[frame.f_code] += 1

        sys.setprofile(note)

    def together(self) -> Counter[str]:
        """Return the sums of all threads."""
        sums = Counter[str]()
        for mine in [*self._of.values()]:
            for code, times in [*mine.items()]:
                file = code.co_filename.removeprefix(_SOURCES).lstrip("/")
                sums[f"{file}:{code.co_firstlineno}:{code.co_name}"] += times
        return sums


def _run(calls: str, name: str) -> None:
    counts = _Counts()
    threading.setprofile(counts.begin)
    counts.begin()
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    finally:
        sys.setprofile(None)
        Path(calls).write_text(json.dumps(counts.together()))


if __name__ == "__main__":
    _, calls, _, _, name, *words = sys.argv  # … python -m crawler …
    sys.argv = [name, *words]
    sys.path.pop(0)  # the folder of this file
    _run(calls, name)
