"""What a visit costs besides the HTTP exchange: CPU by thread, with everything on.

The daemon is the real one (ledger, robots cache, files, JSON log into a pipe that is read); only
the exchange is replaced by one that has its 10 KB at once. `--json FILE` keeps the numbers,
`--profile FILE` keeps a cProfile of the hub.
"""

import argparse
import cProfile
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import gevent
from gevent.event import Event
from requests.structures import CaseInsensitiveDict

import crawler  # noqa: F401  patches first
from crawler.config import CrawlerOptions, Job, Settings
from crawler.daemon import fetching
from crawler.daemon.app import App
from crawler.daemon.log_controls import LogControls
from crawler.daemon.process import tune_interpreter
from crawler.log import open_log
from crawler.model import Fetched

RESULT = "result.json"
BODY = b"0123456789abcdef" * 640
HEADERS = {
    "Content-Type": "application/octet-stream",
    "Content-Length": str(len(BODY)),
    "ETag": '"5f3-61a0"',
    "Last-Modified": "Wed, 12 Aug 2026 08:11:00 GMT",
    "Date": "Sat, 21 Nov 2026 10:30:00 GMT",
}
CASES = {"one host": 1, "500 hosts": 500}


class Instant:
    """Stands where the fetcher does, and answers when the gate is open."""

    gate = Event()
    declared = written = 0

    def __init__(self, **_):
        self._headers = CaseInsensitiveDict(HEADERS)
        self._digest = hashlib.sha256(BODY).hexdigest()
        self._addresses = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def find_room(self, left):
        """Nothing goes to the disk."""

    def bound_rate(self, *_):
        """Nothing comes over the network."""

    def open(self, job):
        pass

    def hang_up(self):
        pass

    def address(self, task, *_):
        return self._addresses.setdefault(task.host, f"10.0.0.{len(self._addresses)}")

    def fetch(self, task, job, *, part, deadline, had):  # noqa: ARG002
        self.gate.wait()
        gevent.sleep(0)  # as for every answer that is waited for
        now = time.monotonic()
        if task.robots:
            return Fetched(404, CaseInsensitiveDict(), now)
        return Fetched(200, self._headers, now, BODY, size=len(BODY), digest=self._digest)


def settings(folder, hosts, visits, durability, *, list_urls=True):
    """Return a configuration that leaves the pace to the machine."""
    each = visits // hosts
    urls = (f"http://h[1-{hosts}].example/[1-{each}].bin",) if list_urls else ()
    return Settings(
        crawler=CrawlerOptions(
            state=Path(folder, "state.sqlite"), output=Path(folder, "files"), concurrency=64,
            durability=durability, per_address={"concurrency": 64},
        ),
        jobs=(Job(name="bench", urls=urls, delay=0, per_host=64, path="{host}/{name}.{ext}"),),
    )  # fmt: skip


def threads(app):
    """Return the CPU nanoseconds of each part's threads."""
    ledger = app.frontier._file._native.call(threading.get_native_id)
    spent = {}
    for task in Path("/proc/self/task").iterdir():
        who = {os.getpid(): "hub", ledger: "ledger"}.get(int(task.name), "files")
        spent[who] = spent.get(who, 0) + int((task / "schedstat").read_text().split()[0])
    return spent


def one(folder, hosts, visits, durability, profile):
    """Run one case in this process, and note what it cost; its log is standard output."""
    fetching.Fetcher = Instant
    log, lines = open_log("info", "json")
    told = 0
    profiler = cProfile.Profile()
    started = {}

    crawl = settings(folder, hosts, visits, durability)
    tune_interpreter()
    with App(crawl, log, until_done=True, controls=LogControls(lines.together)) as app:

        def start():
            while not app.seeder.done:
                gevent.sleep(0.01)
            gevent.sleep(0.2)
            before.update(threads(app))
            started["cpu"], started["wall"] = os.times(), time.monotonic()
            Instant.gate.set()

        before = {}
        gevent.spawn(start)
        count = app.tally.count

        def counted(settled):
            nonlocal told
            told += 1
            if told == visits:
                started["end"] = time.monotonic()
            count(settled)

        app.tally.count = counted
        if profile:
            profiler.enable()
        app.run()
        if profile:
            profiler.disable()
            profiler.dump_stats(profile)
        after, cpu = threads(app), os.times()
    lines.close(1)
    result = {who: round((after[who] - before.get(who, 0)) / 1000 / told) for who in sorted(after)}
    first = started["cpu"]
    result["user"] = round((cpu.user - first.user) * 1e6 / told)
    result["system"] = round((cpu.system - first.system) * 1e6 / told)
    result["all"] = result["user"] + result["system"]
    result["visits"] = told
    result["per_s"] = round(told / (started.get("end", time.monotonic()) - started["wall"]))
    result["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    Path(folder, RESULT).write_text(json.dumps(result))


def run(hosts, visits, durability, profile=None, folder=None):
    """Run one case in a process of its own; return what it cost."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        command = [
            sys.executable, "-m", "tests.bench", "overhead", "--one", place,
            "--hosts", str(hosts), "--visits", str(visits), "--durability", durability,
        ]  # fmt: skip
        command += ["--profile", profile] if profile else []
        with subprocess.Popen(command, stdout=subprocess.PIPE) as daemon:
            while daemon.stdout.read(1 << 16):
                pass
        return json.loads(Path(place, RESULT).read_text())


def main(arguments):
    """Measure the cases and print a table: microseconds of CPU for each visit."""
    parser = argparse.ArgumentParser(prog="overhead")
    parser.add_argument("--one")
    parser.add_argument("--hosts", type=int)
    parser.add_argument("--visits", type=int, default=20_000)
    parser.add_argument("--durability", choices=["relaxed", "full"])
    parser.add_argument("--profile")
    parser.add_argument("--folder", help="where the files go")
    parser.add_argument("--json")
    asked = parser.parse_args(arguments)
    if asked.one:
        return one(asked.one, asked.hosts, asked.visits, asked.durability, asked.profile)
    results = []
    cases = {f"{asked.hosts} hosts": asked.hosts} if asked.hosts else CASES
    for durability in [asked.durability] if asked.durability else ["relaxed", "full"]:
        for name, hosts in cases.items():
            got = run(hosts, asked.visits, durability, asked.profile, asked.folder)
            results.append({"case": f"{name}, {durability}", **got})
            print(" ".join(f"{key}={value}" for key, value in results[-1].items()), flush=True)
    if asked.json:
        Path(asked.json).write_text(json.dumps(results, indent=1))
    return None
