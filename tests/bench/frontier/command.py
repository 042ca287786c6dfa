"""`python -m tests.bench frontier`: what the ledger costs, by URLs, hosts and processes.

    python -m tests.bench frontier [--most 100000] [--processes 1,4] [--whole] [--json FILE]
    python -m tests.bench frontier --full --json found.json --svg curves.svg

Lists of 10,000 URLs and ten times as many each time, up to `--most`, are taken in, each over few
hosts (one for a hundred URLs) and over a host for each URL; with every ledger so made all else is
measured. A minute or so by default; `--full` has ten million URLs, a million hosts, eight
processes.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import crawler  # noqa: F401  patches first
from crawler.daemon.process import tune_interpreter
from tests.bench import machine
from tests.bench.frontier import curves, holds, importing, leases, tables, writers

LEAST_URLS, MOST_URLS, MOST_HOSTS = 10_000, 10_000_000, 1_000_000
SHORT_URLS = 100_000
HOSTS_FOR_WRITERS = 2 * writers.TAKEN
"""Hosts for each process that writes: those it visits, and those that it gives back."""
BYTES_A_URL = 1200
"""In memory, or on the disk: a list, its ledger, and a copy of that."""


def main(arguments: list[str]) -> None:
    """Measure, print the tables, and write what was asked for.

    Garbage is collected as seldom as in the daemon.
    """
    options = _options(arguments)
    tune_interpreter()
    if options.taken_in:
        return importing.take_in(options.taken_in)
    if options.writer:
        return writers.write(options.writer, options.number, options.seconds)
    machine.end_tidily()
    with tempfile.TemporaryDirectory(prefix="crawler-bench-", dir=_place(options)) as folder:
        result = {**machine.facts(Path(folder)), "processes": options.processes, "rows": []}
        for urls, hosts in sizes(options.least, options.most):
            result["rows"].append(_measured(Path(folder), urls, hosts, options))
            result["load_after"] = machine.load()
            _write(result, options)
    print(tables.drawn(result))
    return None


def sizes(least: int, most: int) -> list[tuple[int, int]]:
    """Return numbers of URLs and hosts: ten hosts once, one for a hundred URLs, one for each."""
    urls = [10**power for power in range(1, 8) if least <= 10**power <= most]
    few = [(least, 10), *((number, number // 100) for number in urls if number > 1000)]
    return few + [(number, number) for number in urls if number <= MOST_HOSTS]


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench frontier")
    parser.add_argument("--least", type=int, default=LEAST_URLS, help="URLs of the shortest list")
    parser.add_argument("--most", type=int, default=SHORT_URLS, help="URLs of the longest list")
    parser.add_argument("--processes", default="1,4", help="numbers of processes; 1,4")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long processes write")
    parser.add_argument("--whole", action="store_true", help="walks in slices go to their end")
    full = f"--most {MOST_URLS} --processes 1,2,4,8 --seconds 10 --whole"
    parser.add_argument("--full", action="store_true", help=full)
    parser.add_argument("--folder", type=Path, help="where the ledgers are; in memory by default")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path, help="the curves")
    parser.add_argument("--import", type=Path, dest="taken_in", help=argparse.SUPPRESS)
    parser.add_argument("--writer", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.full:
        options.most, options.processes = MOST_URLS, "1,2,4,8"
        options.seconds, options.whole = 10.0, True
    options.processes = [int(number) for number in options.processes.split(",")]
    return options


def _place(options: argparse.Namespace) -> Path:
    elsewhere = Path(tempfile.gettempdir())
    return options.folder or machine.memory_folder(options.most * BYTES_A_URL, elsewhere)


def _measured(folder: Path, urls: int, hosts: int, options: argparse.Namespace) -> dict[str, Any]:
    """Take in a list, and measure all else with the ledger that comes of it."""
    place = folder / f"{urls}-{hosts}"
    place.mkdir()
    state = place / "state.sqlite"
    row: dict[str, Any] = {"urls": urls, "hosts": hosts}
    row["import"] = _told(row, "import", importing.taken_in(place, urls, hosts))
    row["writers"] = {
        number: writers.measured(state, number, options.seconds)
        for number in options.processes
        if hosts >= number * HOSTS_FOR_WRITERS
    }
    _told(row, "writers", row["writers"])
    row["leases"] = {number: leases.measured(state, number) for number in options.processes}
    _told(row, "leases", row["leases"])
    row["reload"] = _told(row, "reload", leases.reloaded(state))
    row["holds"] = _told(row, "holds", holds.measured(state, whole=options.whole))
    shutil.rmtree(place)
    return row


def _told(row: dict[str, Any], what: str, found: dict[Any, Any]) -> dict[Any, Any]:
    """Show what was found on standard error, and return it."""
    now = time.strftime("%H:%M:%S")
    print(f"{now} {row['urls']:,} URLs, {row['hosts']:,} hosts, {what}: {json.dumps(found)}",
          file=sys.stderr, flush=True)  # fmt: skip
    return found


def _write(result: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))
    if options.svg:
        options.svg.write_text(curves.drawn(result))
