"""Cases of our own: what the log costs, what fsync costs, what a visit costs beside its fetch."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.bench import lag
from tests.bench.ours import ACCOUNTED, DAEMON, FULL, LAGS, SILENT
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


CASES = {
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
