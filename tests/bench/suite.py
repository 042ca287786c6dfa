"""The suite: cases by name, contenders in turn A B A B, medians, spread and ratios.

    python -m tests.bench [CASE…] [--quick] [--repeat N] [--peers a,b] [--json FILE] [--svg FILE]
    python -m tests.bench small --only daemon,baseline --baseline ../other-checkout

A run whose files are not exactly those of the server is void, whoever made it. The variable
BENCH_PEERS names a virtual environment with scrapy, aiohttp, httpx, gevent and requests for the
peers. What is measured runs with the interpreter that this is started with.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import chart, machine, onserver, ourselves, ratios, report, runs, speed, waiting
from tests.bench.ours import DAEMON, daemon
from tests.bench.peers import PEERS
from tests.bench.runs import Run
from tests.bench.scene import Case, Contender, Medians, Scene, Setting

CASES: dict[str, list[Case]] = {
    **speed.CASES, **waiting.CASES, **ourselves.CASES, **onserver.CASES,
}  # fmt: skip
MEMORY_NEEDED = 6_000_000_000
"""Of the case `big`: what is served, and what arrives."""
QUICK_PEERS = ("curl", "naive", "sequential", "bare")
"""Peers of a smoke test: those that need no installation of their own."""


def main(arguments: list[str]) -> int:
    """Run cases; return 1 if a run of ours was void."""
    options = _options(arguments)
    machine.end_tidily()
    machine.raise_descriptors()
    with _setting(options) as setting, machine.on_cores(machine.SERVER_CORE):
        result: dict[str, Any] = {**machine.facts(setting.disk), "repeat": options.repeat}
        for word, folder in (("served_from", setting.memory), ("written_to", setting.work)):
            result[word] = machine.file_system(folder)
        result["full_size"] = not options.quick and options.scale >= 1
        result["cases"] = []
        for name in options.cases or CASES:
            for case in CASES[name]:
                result["cases"].append(_measured(case, setting, options))
                result["load_after"] = machine.load()
                _write(result, options)
                print(report.table(result["cases"][-1]), flush=True)
    print(report.head(result))
    print(report.targets(result))
    return int(any(row["ours"] and row["void"] for case in result["cases"] for row in case["rows"]))


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], metavar="CASE",
                        help=f"{', '.join(CASES)}; all of them by default")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one run: a smoke test")
    parser.add_argument("--repeat", type=int, help="runs of each (3; with --quick 1)")
    parser.add_argument("--scale", type=float, default=1.0, help="factor of all sizes")
    parser.add_argument("--peers", help=f"of {', '.join(PEERS)}; or none; those of the case else")
    parser.add_argument("--only", help="names of contenders, as the JSON has them")
    parser.add_argument("--baseline", type=Path, help="another checkout, to run beside this one")
    parser.add_argument("--folder", type=Path, help="a folder on the disk that durable writes to")
    parser.add_argument("--on-disk", action="store_true", help="have all cases write to that disk")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path, help="a picture of all that was measured")
    parser.add_argument("--ratios", type=Path, help="a picture of ours against the peers")
    options = parser.parse_args(arguments)
    options.repeat = options.repeat or (1 if options.quick else 3)
    if options.peers is None:
        options.peers = QUICK_PEERS if options.quick else tuple(PEERS)
    else:
        options.peers = tuple(options.peers.replace("none", "").split(","))
        if unknown := set(options.peers) - {"", *PEERS}:
            parser.error(f"no such peers: {', '.join(sorted(unknown))}")
    return options


@contextmanager
def _setting(options: argparse.Namespace) -> Iterator[Setting]:
    with tempfile.TemporaryDirectory(prefix="crawler-bench-", dir=options.folder) as disk:
        needed = 100_000_000 if options.quick else MEMORY_NEEDED
        memory = machine.memory_folder(needed, Path(disk))
        with tempfile.TemporaryDirectory(prefix="crawler-bench-", dir=memory) as served:
            work = Path(disk) if options.on_disk else Path(served)
            yield Setting(Path(served), work, Path(disk), options.quick, options.scale)


def _measured(case: Case, setting: Setting, options: argparse.Namespace) -> dict[str, Any]:
    """Run a case, its contenders in turn."""
    wanted = [one for one in case.contenders if one.ours or one.name in options.peers]
    if options.baseline and DAEMON in wanted:
        tree = options.baseline.absolute()
        wanted.insert(1, daemon("baseline", f"crawler run of {tree}", tree=tree))
    if options.only:
        wanted = [one for one in wanted if one.name in options.only.split(",")]
    missing = {one.name: one.missing() for one in wanted}
    there = [one for one in wanted if not missing[one.name]]
    found: dict[str, list[Run]] = {one.name: [] for one in there}
    served = replace(setting, memory=setting.memory / f"{case.name}-served")
    served.memory.mkdir()
    try:
        with case.open(served) as scene:
            for turn in range(options.repeat):
                at = turn % max(1, len(there))  # nobody is always the first
                for one in [*there[at:], *there[:at]]:
                    if turn == 0 or not one.once:
                        found[one.name].append(_one_run(case, scene, one, turn))
            amount, urls = case.amount(scene), len(scene.urls)
    finally:
        shutil.rmtree(served.memory, ignore_errors=True)
    rows = [_row(one, found[one.name], amount) for one in there]
    return {
        "name": case.name, "title": case.title, "unit": case.unit, "urls": urls, "rows": rows,
        "missing": {name: why for name, why in missing.items() if why},
        "targets": _judged(case, rows),
    }  # fmt: skip


def _one_run(case: Case, scene: Scene, one: Contender, turn: int) -> Run:
    if case.rehearsed:
        _run(case, scene, one)
    done = _run(case, scene, one)
    now = time.strftime("%H:%M:%S")
    said = done.void or f"{done.work_s:.2f} s, {done.wall_s:.2f} s in all, CPU {done.cpu_s:.2f} s"
    print(f"{now} {case.name} {turn + 1} {one.name}: {said}", file=sys.stderr, flush=True)
    return done


def _run(case: Case, scene: Scene, one: Contender) -> Run:
    folder = runs.clear(scene.work / f"{case.name}-{one.name}")
    cores = runs.client_cores(one.processes)
    commands = one.commands(scene, folder)
    os.sync()  # what earlier runs left to be written is theirs
    done = runs.run(commands, folder, scene.server, scene.wanted, cores)
    if not done.void and (one.ours or scene.delay or case.name == "slow"):
        case.read(scene, folder, done)
    shutil.rmtree(folder)
    return done


def _row(one: Contender, found: Sequence[Run], amount: float) -> dict[str, Any]:
    """Return a contender's runs, and the medians of those that count."""
    whole = [run for run in found if not run.void]
    row: dict[str, Any] = {
        "name": one.name, "title": one.title, "ours": one.ours, "processes": one.processes,
        "runs": [asdict(run) for run in found], "void": [run.void for run in found if run.void],
    }  # fmt: skip
    if whole:
        numbers = [_numbers(run, amount) for run in whole]
        keys = [key for key in numbers[0] if all(key in one for one in numbers)]
        for word, chosen in (("median", median), ("least", min), ("most", max)):
            row[word] = {key: chosen([one[key] for one in numbers]) for key in keys}
    return row


def _numbers(run: Run, amount: float) -> dict[str, float]:
    extra = {key: value for key, value in run.extra.items() if isinstance(value, int | float)}
    plain = {key: value for key, value in asdict(run).items() if isinstance(value, float)}
    rates = {"rate": amount / run.work_s, "wall_rate": amount / run.wall_s}
    return {**plain, **extra, **rates, "unit_cpu_s": run.cpu_s / amount}


def _judged(case: Case, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    medians = Medians({row["name"]: row["median"] for row in rows if "median" in row})
    judged = []
    for target in case.targets:
        value = target.value(medians)
        if value is not None:
            judged.append({
                "text": target.text, "value": value, "unit": target.unit, "met": target.met(value),
                "at_least": target.at_least, "at_most": target.at_most, "pair": target.pair,
            })  # fmt: skip
    return judged


def _write(result: dict[str, Any], options: argparse.Namespace) -> None:
    """Write what there is by now: a long suite that is cut off has not run for nothing."""
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))
    if options.svg:
        options.svg.write_text(chart.drawn(result["cases"]))
    if options.ratios:
        options.ratios.write_text(ratios.drawn(result["cases"]))
