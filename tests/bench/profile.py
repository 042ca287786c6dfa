"""Where the steps of a visit are: functions, system calls, and the time of the ledger's lock.

    python -m tests.bench profile [--visits 5000] [--hosts 1] [--processes 1] [--json FILE]

The server is nginx with small files, the crawler is the real one with everything on. Functions are
those of the main thread, from the first visit on; system calls are those of the whole run. Nothing
of it is a time but the lock's, which a run of its own measures.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.machine import ROOT, memory_folder
from tests.bench.ours import config
from tests.bench.payload import check, make_files
from tests.bench.scene import Scene, write_json, write_list
from tests.bench.servers import nginx, urls_of

SMALL = 10_000
EXCHANGE = "exchange"
GROUPS = {
    EXCHANGE: ("crawler/fetch/", "crawler/transport/", "/requests/", "/urllib3/"),
    "feeder": ("crawler/feeder/", "crawler/policy/politeness", "crawler/policy/bans"),
    "log": ("crawler/log/",),
    "settler": ("crawler/settler", "crawler/worker/judge", "crawler/worker/bodies",
                "crawler/worker/guard", "crawler/worker/ends", "crawler/worker/reservations"),
    "worker": ("crawler/worker/",),
    "policy": ("crawler/policy/", "crawler/urls", "crawler/model", "crawler/records"),
    "ledger": ("crawler/frontier/",),
    "store": ("crawler/store/",),
    "daemon": ("crawler/daemon/", "crawler/config/"),
    "gevent": ("/gevent/", "/greenlet/"),
}  # fmt: skip
"""Parts of files' names, by group; the first that fits counts."""


class Count(NamedTuple):
    """What a run came to, for each of its visits."""

    functions: float
    """Python functions of the main thread, beside the exchange."""
    exchange: float
    """Python functions of the exchange."""
    built_in: float
    groups: dict[str, float]
    top: list[tuple[str, float]]


def counted(found: dict[str, Any], visits: int) -> Count:
    """Return what was counted of a run, for each visit."""
    groups: Counter[str] = Counter()
    single: Counter[str] = Counter()
    built_in = 0
    for file, name, calls, _ in found["calls"]:
        if file == PROFILED:
            continue  # what counts
        if file == "~":
            built_in += calls
            continue
        groups[_group(file)] += calls
        single[f"{file.rpartition('/crawler/')[2]} {name}"] += calls
    exchange = groups[EXCHANGE]
    shares = {name: round(calls / visits, 2) for name, calls in groups.most_common()}
    top = [(name, round(calls / visits, 2)) for name, calls in single.most_common()]
    functions = (sum(groups.values()) - exchange) / visits
    return Count(functions, exchange / visits, built_in / visits, shares, top)


def _group(file: str) -> str:
    return next((name for name, parts in GROUPS.items() if any(p in file for p in parts)), "other")


class Rig:
    """nginx with small files, and crawlers that fetch them all, each run in a folder of its own."""

    def __init__(self, visits: int, hosts: int) -> None:
        self._visits, self._hosts = visits, hosts
        self._stack = ExitStack()

    def __enter__(self) -> "Rig":
        memory = memory_folder(3 * self._visits * SMALL, Path(tempfile.gettempdir()))
        self._memory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(dir=memory)))
        root = self._memory / "root"
        self._wanted = make_files(root / "f", self._visits, SMALL)
        self._server = self._stack.enter_context(
            nginx(root, self._memory / "nginx", hosts=self._hosts)
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, *before: str, processes: int = 1) -> Path:
        """Run crawlers to their end, each by `before` and its own words; return their folder."""
        folder = self._memory / "run"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        urls = urls_of(self._server, list(self._wanted), hosts=self._hosts)
        job = {"per_host": 64 if self._hosts == 1 else 4}
        scene = Scene(self._server, urls, self._wanted, folder, size=SMALL, job=job)
        write_list(scene, folder)
        write_json(folder / "crawler.yaml", config(scene))
        words = [word.format(number="{number}", folder=folder) for word in before]
        rest = ["run", "--until-done", "-c", "crawler.yaml"]
        running = [
            subprocess.Popen(
                [word.replace("{number}", str(number)) for word in words] + rest,
                cwd=folder,
                stdout=subprocess.DEVNULL,
                env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
            )
            for number in range(processes)
        ]
        codes = [process.wait() for process in running]
        problem = check(folder / "out", self._wanted).problem
        if any(codes) or problem:
            raise RuntimeError(f"exit codes {codes}; {problem}")
        return folder

    def calls(self) -> Count:
        """Count the functions of a visit."""
        folder = self.run(sys.executable, "-P", PROFILED, "calls", "calls.json")
        return counted(json.loads((folder / "calls.json").read_text()), self._visits)

    def system_calls(self) -> dict[str, float]:
        """Count the system calls of a visit, of all threads; none where strace is missing."""
        if not shutil.which("strace"):
            return {}
        strace = ["strace", "-f", "-c", "-o", "system.txt"]
        folder = self.run(*strace, sys.executable, "-m", "crawler")
        found: dict[str, float] = {}
        for line in (folder / "system.txt").read_text().splitlines():
            words = line.split()
            if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
                found[words[-1]] = round(int(words[3]) / self._visits, 2)
        return dict(sorted(found.items(), key=lambda one: -one[1]))

    def locks(self, processes: int) -> dict[str, float]:
        """Measure the lock of the ledger: microseconds a visit, of all processes together."""
        words = [sys.executable, "-P", PROFILED, "locks", "locks-{number}.json"]
        folder = self.run(*words, processes=processes)
        sums: Counter[str] = Counter()
        for file in folder.glob("locks-*.json"):
            sums.update(json.loads(file.read_text()))
        transactions = sums.pop("transactions")
        each = {name: round(1e6 * spent / self._visits, 1) for name, spent in sums.items()}
        return {**each, "transactions": round(transactions / self._visits, 4)}


PROFILED = str(ROOT / "tests" / "bench" / "profiled.py")


def main(arguments: list[str]) -> None:
    """Print the tables of one scene."""
    parser = argparse.ArgumentParser(prog="profile")
    parser.add_argument("--visits", type=int, default=5000)
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--top", type=int, default=40)
    parser.add_argument("--json")
    asked = parser.parse_args(arguments)
    with Rig(asked.visits, asked.hosts) as rig:
        calls, system, locks = rig.calls(), rig.system_calls(), rig.locks(asked.processes)
    print(f"functions a visit: {calls.functions:.1f} beside the exchange, {calls.exchange:.1f} in")
    print(f"it; {calls.built_in:.1f} built-in ones")
    for name, share in calls.groups.items():
        print(f"  {name:10} {share:8.2f}")
    for name, share in calls.top[: asked.top]:
        print(f"    {share:7.2f} {name}")
    print(f"system calls a visit: {sum(system.values()):.2f}")
    for name, share in list(system.items())[:15]:
        print(f"  {name:16} {share:8.2f}")
    print(f"the ledger's lock, {asked.processes} processes, microseconds a visit: {locks}")
    if asked.json:
        found = {"calls": calls._asdict(), "system": system, "locks": locks}
        Path(asked.json).write_text(json.dumps(found, indent=1))
