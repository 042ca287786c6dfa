"""A program whose Python functions, or their bytecodes, are counted, as `within` of a daemon.

    python tests/rigs/calls.py calls|bytecodes COUNTS python -m crawler run …

COUNTS is written when the program ends: a JSON object of `file:line:function` with the number of
its calls, or of the bytecodes that it ran: those of the repository's own. A generator that goes on
counts as a call.
"""

import json
import runpy
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

_SOURCES = str(Path(__file__).parents[2])


def within(counts: Path, of: str = "calls") -> list[str]:
    """Return the surroundings in which the calls of a program are counted, or its `bytecodes`."""
    return [sys.executable, __file__, of, str(counts)]


def counted(counts: Path) -> Counter[str]:
    """Return the number of each function, in all threads together."""
    return Counter(json.loads(counts.read_text()))


class _Counts:
    """Counts by thread: one that is switched off within `+= 1` must not lose another's."""

    def __init__(self) -> None:
        self._of: dict[int, Counter[Any]] = {}

    def begin_calls(self, *_: object) -> None:
        """Count what this thread calls; it is called by each when it begins."""
        mine = self._of[threading.get_ident()] = Counter()

        def note(frame: Any, event: str, _: object) -> None:
            if event == "call":
                mine[frame.f_code] += 1

        sys.setprofile(note)

    def begin_bytecodes(self, *_: object) -> Any:
        """Count the bytecodes that this thread runs; it is called by each when it begins."""
        mine = self._of[threading.get_ident()] = Counter()

        def note(frame: Any, event: str, _: object) -> Any:
            if event == "opcode":
                mine[frame.f_code] += 1
            elif not frame.f_code.co_filename.startswith(_SOURCES):
                return None
            frame.f_trace_lines, frame.f_trace_opcodes = False, True
            return note

        sys.settrace(note)
        return note

    def together(self) -> Counter[str]:
        """Return the sums of all threads."""
        sums = Counter[str]()
        for mine in [*self._of.values()]:
            for code, times in [*mine.items()]:
                file = code.co_filename.removeprefix(_SOURCES).lstrip("/")
                sums[f"{file}:{code.co_firstlineno}:{code.co_name}"] += times
        return sums


def _run(of: str, file: str, name: str) -> None:
    counts = _Counts()
    if of == "calls":
        threading.setprofile(counts.begin_calls)
        counts.begin_calls()
    else:
        threading.settrace(counts.begin_bytecodes)
        counts.begin_bytecodes()
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    finally:
        sys.setprofile(None)
        sys.settrace(None)
        Path(file).write_text(json.dumps(counts.together()))


if __name__ == "__main__":
    _, of, file, _, _, name, *words = sys.argv  # … python -m crawler …
    sys.argv = [name, *words]
    sys.path.pop(0)  # the folder of this file
    _run(of, file, name)
