"""Long lists: import, re-reading, a list of which 1 % changed, restart, lease and settle, the disk.

    python -m tests.bench lists [--most 10000000] [--json FILE] [--svg FILE]

The daemon runs as a process of its own on one list per size, 1,000 hosts at loopback addresses that
refuse (each is visited once and then rests), so that what is measured is the list.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import crawler  # noqa: F401  patches first
from crawler.frontier import Clocks, open_frontier
from crawler.frontier.process import current
from crawler.model import Kind, Outcome
from crawler.records import Done, Settlement
from tests.bench.payload import let_lie

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
HOSTS = 1000
CONCURRENCY = 64
CONFIG = f"""
crawler:
  state: state.sqlite
  output: files
  concurrency: {CONCURRENCY}
  grace_period: 1s
  log: {{progress: 0}}
jobs:
  - name: list
    url_file: list.txt
    robots: ignore
    delay: 1h
    timeout: {{connect: 1s}}
    allow_addresses: [127.0.0.0/8]
"""


def url(number: int, hosts: int, version: int = 0) -> str:
    """Return the n-th URL of a list; a changed one has another version."""
    host = number % hosts
    place = f"127.{1 + host // 65536}.{host // 256 % 256}.{host % 256}:9"
    return f"http://{place}/some/folder/of/files/page-{number}{f'-v{version}' if version else ''}"


def write(file: Path, size: int, hosts: int, changed: float = 0.0, version: int = 0) -> int:
    """Write a list that is not waited for, and return its bytes without line ends."""
    chance = random.Random(size + version)
    total = 0
    with file.open("w") as out:
        for number in range(size):
            text = url(number, hosts, version if chance.random() < changed else 0)
            total += len(text)
            out.write(text + "\n")
    let_lie(file)
    return total


class Daemon:
    """A daemon whose log is followed line by line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> "Daemon":
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "run", "-c", "crawler.yaml"],
            cwd=self.folder,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.stdout.close()
        self.process.wait()

    def wait_for(self, *events: str) -> dict[str, Any]:
        """Return the next record of one of these events, with `after_s` since the start."""
        for line in self.process.stdout:
            record = json.loads(line)
            if record["event"] in events:
                return {**record, "after_s": time.monotonic() - self.started}
        raise AssertionError(f"the daemon ended before {events}")

    def peak_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        kb = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return int(kb) / 1000

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(folder: Path, size: int, hosts: int) -> dict[str, Any]:
    """Measure everything for one size."""
    folder.mkdir()
    (folder / "crawler.yaml").write_text(CONFIG)
    text = write(folder / "list.txt", size, hosts)
    found: dict[str, Any] = {"urls": size, "hosts": hosts}
    with Daemon(folder) as daemon:
        first = synced = None
        while not (first and synced):
            record = daemon.wait_for("visit", "job.synced")
            if record["event"] == "visit":
                first = first or record["after_s"]
            else:
                synced = record["after_s"]
                assert (record["added"], record["bad"]) == (size, 0), record
            if first and not synced and "rates" not in found:
                found["rates"] = rates(folder, size)
        found |= {"first_visit_s": first, "import_s": synced, "import_per_s": size / synced}
        begun = time.monotonic()
        let_lie(folder / "list.txt")
        daemon.process.send_signal(signal.SIGHUP)
        record = daemon.wait_for("job.synced")
        assert (record["kept"], record["added"], record["removed"]) == (size, 0, 0), record
        found["reread_per_s"] = size / (time.monotonic() - begun)
        write(folder / "list.txt", size, hosts, changed=0.01, version=1)
        begun = time.monotonic()
        daemon.process.send_signal(signal.SIGHUP)
        record = daemon.wait_for("job.synced")
        late = record["added"] - record["removed"]  # those that are being visited go later
        assert 0 <= late <= CONCURRENCY, record
        found["changed_per_s"] = size / (time.monotonic() - begun)
        found["peak_mb"] = daemon.peak_mb()
    found["disk_per_url"] = (folder / "state.sqlite").stat().st_size / size - text / size
    greet_again(folder)
    with Daemon(folder) as daemon:
        found["restart_first_visit_s"] = daemon.wait_for("visit")["after_s"]
    found |= leases(folder) | status(folder)
    return found


def rates(folder: Path, size: int) -> list[float]:
    """Return the rate of the import over time: URLs a second in each tenth of the list."""
    steps: list[float] = []
    with closing(sqlite3.connect(folder / "state.sqlite")) as db:
        at, known = time.monotonic(), count(db)
        while known < size:
            time.sleep(0.02)
            now = count(db)
            if now - known >= size / 10 or now >= size:
                steps.append((now - known) / (time.monotonic() - at))
                at, known = time.monotonic(), now
    return steps


def count(db: sqlite3.Connection) -> int:
    (known,) = db.execute("SELECT ifnull(sum(n), 0) FROM tally WHERE kind = ''").fetchone()
    return int(known)


def greet_again(folder: Path) -> None:
    """Let every host be ready now."""
    with closing(sqlite3.connect(folder / "state.sqlite")) as db:
        db.execute(
            "UPDATE host SET next_at = 0, ready_at = 1, failures = 0, backoff = 0, "
            "answered_at = 0, failed_until = 0, put_off_until = 0, turn_at = 0, "
            "failing_since = NULL, opens_at = 0"
        )
        db.commit()


def _ahead(seconds: float) -> float:
    """Return the time of day as it will be then, when all that was listed now is due."""
    return time.time() + seconds


def leases(folder: Path, rounds: int = 60) -> dict[str, float]:
    """Return what a URL costs to lease and to settle, on the state as it is."""
    greet_again(folder)
    lease_s = settle_s = 0.0
    tasks = 0
    state = folder / "state.sqlite"
    clocks = Clocks(lambda: _ahead(5.0), lambda: _ahead(5.0), "")
    with open_frontier(state, durable=False, clocks=clocks) as frontier:
        owner = frontier.join(current()).owner
        held: list[Any] = []
        for _ in range(rounds):
            begun = time.perf_counter()
            lease = frontier.lease(owner, new=16, refills={}, idle=[])
            lease_s += time.perf_counter() - begun
            batch = [task for host in lease.hosts for task in host.tasks]
            outcome = Outcome(Kind.STORED, 200, 1, "00" * 32)
            settled = [Settlement(task, outcome, Done(), time.time()) for task in batch]
            begun = time.perf_counter()
            frontier.settle(owner, settled, [])
            settle_s += time.perf_counter() - begun
            tasks += len(batch)
            held += lease.hosts
        frontier.leave(owner, [])
    return {"lease_us": lease_s / tasks * 1e6, "settle_us": settle_s / tasks * 1e6}


def status(folder: Path) -> dict[str, float]:
    """Return how long the counts take."""
    with open_frontier(folder / "state.sqlite", durable=False) as frontier:
        begun = time.perf_counter()
        frontier.sums()
        return {"counts_ms": (time.perf_counter() - begun) * 1000}


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as docs/benchmarks.md has them."""
    head = (
        "| URLs | hosts | first visit | import, first and last tenth | re-read | 1 % changed | "
        "first visit after a restart | peak RSS | disk beyond the URL | lease | settle | counts |"
    )
    lines = [head, "|" + "---:|" * 12]
    for row in rows:
        steps = row.get("rates") or [row["import_per_s"]]
        lines.append(
            f"| {row['urls']:,} | {row['hosts']:,} | {row['first_visit_s']:.1f} s "
            f"| {steps[0]:,.0f}/s … {steps[-1]:,.0f}/s | {row['reread_per_s']:,.0f}/s "
            f"| {row['changed_per_s']:,.0f}/s | {row['restart_first_visit_s']:.1f} s "
            f"| {row['peak_mb']:.0f} MB | {row['disk_per_url']:.0f} B | {row['lease_us']:.0f} µs "
            f"| {row['settle_us']:.0f} µs | {row['counts_ms']:.1f} ms |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Run the sizes up to --most, and one with a host for every ten URLs."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench lists")
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--hosts", type=int, default=0, help="also a list over so many hosts")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory(prefix="crawler-bench-") as folder:
        cases = [(size, HOSTS) for size in SIZES if size <= options.most]
        if options.hosts:
            cases.append((options.hosts, options.hosts))
        for size, hosts in cases:
            rows.append(measure(Path(folder, f"{size}-{hosts}"), size, hosts))
            print(json.dumps(rows[-1]), flush=True)
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    if options.svg:
        options.svg.write_text(chart([row for row in rows if row["hosts"] == HOSTS]))


def chart(rows: list[dict[str, Any]]) -> str:
    """Draw what a URL costs against the length of the list, on a logarithmic axis."""
    from math import log10

    series = {
        "import": [1e6 / row["import_per_s"] for row in rows],
        "lease": [row["lease_us"] for row in rows],
        "settle": [row["settle_us"] for row in rows],
    }
    top = max(max(values) for values in series.values()) * 1.15
    left, bottom, width, height = 60, 260, 420, 220
    at = [left + width * (log10(row["urls"]) - 4) / 3 for row in rows]
    lines = [
        (
            '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="310" '
            'font-family="sans-serif" font-size="12">'
        ),
        '<rect width="640" height="310" fill="white"/>',
        '<text x="60" y="22" font-size="14">What a URL costs, by the length of the list</text>',
    ]
    for step in range(5):
        y = bottom - height * step / 4
        lines.append(f'<path d="M{left} {y}H{left + width}" stroke="#ddd"/>')
        lines.append(f'<text x="52" y="{y + 4}" text-anchor="end">{top * step / 4:.0f} µs</text>')
    for x, row in zip(at, rows, strict=True):
        lines.append(f'<text x="{x}" y="282" text-anchor="middle">{row["urls"]:,}</text>')
    colours = {"import": "#1b6ca8", "lease": "#c0392b", "settle": "#2e8b57"}
    for number, (name, values) in enumerate(series.items()):
        points = " ".join(
            f"{x:.1f},{bottom - height * value / top:.1f}"
            for x, value in zip(at, values, strict=True)
        )
        colour = colours[name]
        lines.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        for point in points.split():
            x, y = point.split(",")
            lines.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>')
        lines.append(f'<text x="500" y="{60 + 22 * number}" fill="{colour}">{name}</text>')
    return "\n".join([*lines, "</svg>\n"])
