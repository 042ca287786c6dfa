"""Cases of our own: what a start costs, the log, fsync, and a visit beside its fetch."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.bench import lag
from tests.bench.machine import ROOT
from tests.bench.ours import ACCOUNTED, DAEMON, FETCH, FULL, LAGS, SILENT, daemon
from tests.bench.peers import peers
from tests.bench.runs import Run
from tests.bench.scene import Case, Medians, Scene, Setting, Target, faster, plain
from tests.bench.speed import read_lag, small_scene


@contextmanager
def _scene(setting: Setting) -> Iterator[Scene]:
    with small_scene(setting, 10_000, 200) as scene:
        yield scene


@contextmanager
def _on_disk(setting: Setting) -> Iterator[Scene]:
    with small_scene(replace(setting, work=setting.disk), 5000, 200) as scene:
        yield scene


@contextmanager
def _one_file(setting: Setting) -> Iterator[Scene]:
    with small_scene(setting, 1, 1) as scene:
        yield scene


def _read_verbs(_: Scene, folder: Path, run: Run) -> None:
    """Ask what the run has left, and read the CPU that it takes to ask."""
    if not (folder / "crawler.yaml").exists():
        return
    for name, words in (("status", ["status", "-c", "crawler.yaml"]), ("help", ["--help"])):
        before = _children_s()
        subprocess.run(
            [sys.executable, "-m", "crawler", *words], cwd=folder, check=True, capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        run.extra[f"{name}_cpu_s"] = _children_s() - before


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _read_accounts(_: Scene, folder: Path, run: Run) -> None:
    """Read who spent the CPU time of the visits."""
    for line in lag.read(folder.glob(LAGS)):
        if spent := line.get("spent"):
            whole, fetches = sum(spent.values()), line["fetches"]
            run.extra |= {f"{who}_share": 100 * seconds / whole for who, seconds in spent.items()}
            run.extra["overhead"] = 100 * (spent["rest"] + spent["native"]) / whole
            run.extra["visit_us"] = whole / fetches * 1e6
            verbs = {name: round(cost / fetches * 1e6, 1) for name, cost in line["verbs"].items()}
            run.extra["native_us"] = dict(sorted(verbs.items(), key=lambda item: -item[1]))


def _log_cost(medians: Medians) -> float | None:
    loud, silent = medians.get("daemon", "cpu_s"), medians.get("silent", "cpu_s")
    return 100 * (loud - silent) / loud if loud and silent else None


_UNWATCHED = daemon("start", watched=False)
"""As a user starts it: what watches the hub has to be loaded as well."""

CASES = {
    "start": [
        Case(
            "start",
            "One file: what a start costs",
            _one_file,
            [_UNWATCHED, FETCH, *peers("aiohttp", "httpx", "scrapy")],
            targets=[
                Target("CPU of crawler run", plain("start", "cpu_s"), at_most=0.48, unit="s"),
                Target("CPU of crawler status", plain("start", "status_cpu_s"), at_most=0.4,
                       unit="s"),
            ],
            read=_read_verbs,
        )
    ],
    "log": [
        Case(
            "log",
            "What the log costs",
            _scene,
            [DAEMON, SILENT],
            targets=[Target("share of the CPU that the log takes", _log_cost, unit="%")],
            read=read_lag,
        )
    ],
    "durable": [
        Case(
            "durable",
            "What durability costs, on a disk",
            _on_disk,
            [DAEMON, FULL],
            targets=[faster("durability full against relaxed", "full", "daemon", 0.6)],
            read=read_lag,
        )
    ],
    "shares": [
        Case(
            "shares",
            "What a visit costs beside its fetch",
            _scene,
            [DAEMON, ACCOUNTED],
            targets=[
                Target("share of a visit's CPU that is not the fetch nor the hub's",
                       plain("accounted", "overhead"), at_most=35, unit="%"),
            ],
            read=_read_accounts,
        )
    ],
}  # fmt: skip
