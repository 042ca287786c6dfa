"""A program whose wall clock a test moves, by libfaketime; its monotonic clock stays as it is."""

from pathlib import Path

from tests import real

SLEEP = """
import select, time

real_select = select.select
time.sleep = lambda seconds: real_select([], [], [], seconds)
"""
"""Libfaketime 0.9.10 lets clock_nanosleep fail, by which Python's native threads sleep."""
BELIEVE = """
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder


class Finder(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        spec = PathFinder.find_spec(name, path) if name == "crawler.policy.course" else None
        if spec:
            execute = spec.loader.exec_module

            def changed(module):
                execute(module)
                module.DOUBT_S = {seconds}

            spec.loader.exec_module = changed
        return spec


sys.meta_path.insert(0, Finder())
"""
"""Has a step of the clock count sooner than it does."""


def environment(folder: Path, clock: Path, *, believed_in: float | None = None) -> dict[str, str]:
    """Return what a program is started with to go by `clock`, a file with +SECONDS in it.

    `believed_in` is after how many seconds the frontier follows a step, if not after DOUBT_S.
    """
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        real.lacks("libfaketime is not here")
    (folder / "python").mkdir(parents=True)
    (folder / "python" / "sitecustomize.py").write_text(
        SLEEP + ("" if believed_in is None else BELIEVE.format(seconds=believed_in))
    )
    return {
        "PYTHONPATH": str(folder / "python"),
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # With libfaketime a wait of an idle thread that has an end ends at once, again and again.
        "GEVENT_THREADPOOL_IDLE_TASK_TIMEOUT": "-1",
    }
