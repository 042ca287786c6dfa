"""A long run against rude and plain servers: does anything grow, slow down or leak?

    python -m tests.bench soak [--visits 300000] [--json FILE] [--svg FILE]

All rude servers of the test table that speak plain http, each a host of its own, and a plain fast
host, in processes of their own; every URL is visited again after a while, for as long as it takes.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import chart, lag, machine
from tests.bench.ours import LOOPBACK
from tests.bench.runs import Command, Process
from tests.bench.scene import write_json
from tests.bench.servers import slow

PLAIN, CHANGING = 2000, 200
FEW = 100
"""Visits of a sample that tell nothing of what one costs: it began, or was interrupted."""
END_S = 60.0
"""A daemon that is told to stop and runs longer than this has hung."""
_KIND = re.compile(rb'"host": "([^"]+)", "kind": "(\w+)"')
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


def main(arguments: list[str]) -> int:
    """Run, sample, and say what changed between the first and the last quarter."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench soak")
    parser.add_argument("--visits", type=int, default=5000)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two samples")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args(arguments)
    machine.end_tidily()
    machine.raise_descriptors()
    with (
        tempfile.TemporaryDirectory(prefix="crawler-soak-") as folder,
        machine.on_cores(machine.SERVER_CORE),
        _rude() as rude,
        slow() as plain,
    ):
        facts = machine.facts(Path(folder))
        _configure(Path(folder), rude, f"http://127.0.0.1:{plain.port}")
        soak = Soak(Path(folder), set(rude.values()))
        code = soak.run(options.visits, options.every)
        result = {**facts, "exit_code": code, "servers": len(rude), **soak.result()}
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))
    if options.svg:
        options.svg.write_text(_drawn(result))
    print(json.dumps(result["summary"], indent=1))
    return int(code != 0)


@contextmanager
def _rude() -> Iterator[dict[str, str]]:
    """Run the rude servers; yield their URLs by name."""
    command = [sys.executable, "-m", "tests.bench.rudeserver"]
    with subprocess.Popen(
        command, cwd=machine.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def _configure(folder: Path, rude: dict[str, str], plain: str) -> None:
    shared = {"delay": 0, "allow_addresses": LOOPBACK, "path": "{job}/{host}/{url_path}"}
    write_json(folder / "crawler.yaml", {
        "crawler": {
            "state": "state.sqlite", "output": "out", "concurrency": 128, "grace_period": "5s",
            "durability": "relaxed", "per_address": None, "log": {"format": "json"},
        },
        "jobs": [
            {
                "name": "rude", **shared, "urls": [f"{url}/flag" for url in rude.values()],
                "robots": "ignore", "attempts": 2, "max_size": "5MB", "max_backoff": "500ms",
                "timeout": {"connect": "500ms", "read": "500ms", "total": "1s"},
                "schedule": {"every": "2s"},
            },
            {
                "name": "plain", **shared, "per_host": 64, "schedule": {"every": "1s"},
                "urls": [f"{plain}/f/[1-{PLAIN}]", f"{plain}/new/[1-{CHANGING}]"],
            },
        ],
    })  # fmt: skip


class Soak:
    """A daemon that runs until it has made so many visits, and what was seen of it."""

    def __init__(self, folder: Path, rude: set[str]) -> None:
        self._folder = folder
        self._rude = {url.removeprefix("http://") for url in rude}
        self._kinds: Counter[str] = Counter()
        self._met: set[str] = set()
        self._samples: list[dict[str, float]] = []
        self._tail = b""
        self._visits = 0

    def run(self, visits: int, every: float) -> int | None:
        """Run to the end; return the exit code."""
        words = [sys.executable, "-P", str(machine.ROOT / "tests/bench/wrapped.py"), "lag-0.jsonl"]
        command = Command([*words, "run", "-c", "crawler.yaml"], {"PYTHONPATH": str(machine.ROOT)})
        with machine.on_cores(machine.CLIENT_CORE):
            process = Process(command, self._folder, 0)
        self._begun = time.time()
        try:
            self._follow(process, visits, every)
            process.popen.send_signal(signal.SIGTERM)
            self._await_end(process)
        finally:
            if process.popen.returncode is None:
                process.popen.kill()
                process.popen.wait()
            process.output.close()
        self._visits = process.visits
        return process.popen.returncode

    def result(self) -> dict[str, Any]:
        """Return the samples, the hub's lag beside each, and what they come to."""
        lines = lag.read([self._folder / "lag-0.jsonl"])
        before = self._begun
        for sample in self._samples:
            at = self._begun + sample["at_s"]
            sample["lag_p99"] = lag.percentiles(lines, before - 1, at).get("p99", 0.0)
            before = at
        summary = {
            "visits": self._visits,
            "rude_servers_met": len(self._met & self._rude),
            "kinds": dict(self._kinds.most_common()),
            "hub_lag_ms": lag.percentiles(lines),
            **{name: self._quarters(name) for name in ("rss_mb", "fds", "threads", "cpu_ms")},
        }
        return {"summary": summary, "samples": self._samples}

    def _follow(self, process: Process, visits: int, every: float) -> None:
        next_at = time.time() + every
        seen, cpu = 0, 0.0
        while process.visits < visits and not process.look():
            self._note(process.read())
            time.sleep(0.01)
            if time.time() < next_at:
                continue
            next_at += every
            sample = _sample(process.popen.pid)
            made = process.visits - seen
            if made > FEW:
                sample["cpu_ms"] = (sample["cpu_s"] - cpu) * 1e6 / made
            seen, cpu = process.visits, sample["cpu_s"]
            sample |= {"at_s": round(time.time() - self._begun, 2), "visits": seen}
            sample["rate"] = made / every
            self._samples.append(sample)

    def _await_end(self, process: Process) -> None:
        deadline = time.time() + END_S
        while not process.look() and time.time() < deadline:
            self._note(process.read())
            time.sleep(0.01)

    def _note(self, data: bytes) -> None:
        text = self._tail + data
        self._tail = text[text.rfind(b"\n") + 1 :]
        for host, kind in _KIND.findall(text[: len(text) - len(self._tail)]):
            self._kinds[kind.decode()] += 1
            self._met.add(host.decode())

    def _quarters(self, name: str) -> dict[str, float]:
        """Return the medians of the second quarter, when all is warm, and of the last."""
        values = [sample[name] for sample in self._samples if name in sample]
        quarter = len(values) // 4
        if not quarter:
            return {}
        second, last = median(values[quarter : 2 * quarter]), median(values[-quarter:])
        growth = 100 * (last / second - 1) if second else 0.0
        return {"second_quarter": round(second, 2), "last_quarter": round(last, 2),
                "growth_percent": round(growth, 1)}  # fmt: skip


def _sample(pid: int) -> dict[str, float]:
    """Look at a process; `cpu_ms` will be CPU time per 1,000 visits."""
    folder = Path(f"/proc/{pid}")
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return {
        "rss_mb": int((folder / "statm").read_text().split()[1]) * _PAGE / 1e6,
        "fds": len(list((folder / "fd").iterdir())),
        "threads": int(fields[17]),
        "cpu_s": (int(fields[11]) + int(fields[12])) / _TICKS,
    }


def _drawn(result: dict[str, Any]) -> str:
    titles = {
        "rss_mb": "RSS, MB", "fds": "descriptors", "cpu_ms": "CPU per 1,000 visits, ms",
        "lag_p99": "hub lag p99, ms", "rate": "visits per second",
    }  # fmt: skip
    samples = result["samples"]
    panels = {
        title: [(sample["visits"], sample[name]) for sample in samples if name in sample]
        for name, title in titles.items()
    }
    visits, servers = result["summary"]["visits"], result["servers"]
    title = f"{visits:,} visits, {servers} rude servers; from the first visit to the last"
    return chart.lines(title, panels)
