"""Our own forms: the daemon with everything on, and `crawler fetch`."""

import sys
from pathlib import Path
from typing import Any

from tests.bench.machine import ROOT
from tests.bench.runs import Command
from tests.bench.scene import Contender, Scene, write_json, write_list

LAGS = "lag-*.jsonl"
LOOPBACK = ["127.0.0.0/8"]


def config(scene: Scene, **crawler: Any) -> dict[str, Any]:
    """Return a configuration with everything on: ledger, robots.txt, a line for every visit."""
    return {
        "crawler": {
            "state": "state.sqlite", "output": "out", "concurrency": scene.at_once,
            "durability": "relaxed", "per_address": None,
            "log": {"format": "json"}, **scene.crawler, **crawler,
        },
        "jobs": [{
            "name": "bench", "url_file": "list.txt", "path": "{name}", "robots": "obey",
            "delay": f"{scene.delay:g}s" if scene.delay else 0, "allow_addresses": LOOPBACK,
            "verify": str(scene.bundle) if scene.bundle else True, **scene.job,
        }],
    }  # fmt: skip


def _daemon(
    scene: Scene,
    folder: Path,
    *,
    processes: int = 1,
    account: bool = False,
    watched: bool = True,
    tree: Path = ROOT,
    **crawler: Any,
) -> list[Command]:
    write_list(scene, folder)
    write_json(folder / "crawler.yaml", config(scene, **crawler))
    environment = {"PYTHONPATH": str(tree), **({"BENCH_ACCOUNT": "1"} if account else {})}
    rest = ["run", "--until-done", "-c", "crawler.yaml"]
    if not watched:
        return [Command([sys.executable, "-m", "crawler", *rest], environment)] * processes
    words = [sys.executable, "-P", str(tree / "tests" / "bench" / "wrapped.py")]
    return [
        Command([*words, f"lag-{number}.jsonl", *rest], environment) for number in range(processes)
    ]


def _fetch(scene: Scene, folder: Path) -> list[Command]:
    words = [sys.executable, "-m", "crawler", "fetch", "-i", str(write_list(scene, folder))]
    words += ["-o", "out", "-m", str(scene.at_once), "--path", "{name}"]
    return [Command(words, {"PYTHONPATH": str(ROOT)})]


def daemon(
    name: str = "daemon", title: str = "crawler run", *, processes: int = 1, **options: Any
) -> Contender:
    """Return the daemon, with options of `crawler:` that differ from the case's.

    `tree` is another checkout, to compare with.
    """

    def commands(scene: Scene, folder: Path) -> list[Command]:
        return _daemon(scene, folder, processes=processes, **options)

    return Contender(name, title, commands, processes=processes, ours=True)


DAEMON = daemon()
TWO = daemon("two", "crawler run, two processes", processes=2)
FETCH = Contender("fetch", "crawler fetch", _fetch, ours=True)
ACCOUNTED = daemon("accounted", "crawler run, its CPU accounted", account=True)
SILENT = daemon("silent", "crawler run, no log", log={"level": "error", "progress": 0})
FULL = daemon("full", "crawler run, durability: full", durability="full")
