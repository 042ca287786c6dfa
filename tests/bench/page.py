"""What an open page costs: statements to the ledger, and the daemon's CPU for a visit.

    python -m tests.bench page [--seconds 8] [--rounds 4] [--hosts 30] [--server] [--json FILE]

A daemon visits hosts of a slow server every 100 ms each, of tens of thousands of URLs. Beside it
`crawler web` has no stream, one, and five in turn, for some seconds each, round after round, so
that what else the machine does falls on all of them. The statements are counted in a first run,
which they make slower, and the CPU is measured in a second one. With --server the ledger is on a
PostgreSQL server, which counts transactions.
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import gevent
import psutil
import psycopg

import crawler  # noqa: F401  patches first
from tests.bench.cluster import server
from tests.bench.servers import Slow, slow, urls_of
from tests.rigs.statements import counted, within

TURNS = (0, 1, 5)
"""Streams that are open."""
SETTLE_S = 1.5
"""Time after a change of that, which is not counted."""
_TRANSACTIONS = """
SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()
"""
CONFIG = """
crawler: {{state: "{state}", output: files, concurrency: 64, grace_period: 1s,
          log: {{progress: 0}}, guards: {{min_free: 0, min_inodes: 0}}}}
jobs:
  - {{name: j, url_file: list.txt, path: "{{digest}}", robots: ignore, delay: 100ms,
      allow_addresses: [127.0.0.0/8]}}
"""


class Program:
    """The daemon, or the web server; its log is read as it comes."""

    def __init__(self, folder: Path, verb: str, *words: str, surroundings: list[str]) -> None:
        command = [sys.executable, "-m", "crawler", verb, "-c", "crawler.yaml", *words]
        self.process = subprocess.Popen(
            [*surroundings, *command], cwd=folder, stdout=subprocess.PIPE
        )
        self.visits = 0
        self.ready: dict[str, Any] = {}
        self._reader = gevent.spawn(self._read)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if b'"event": "visit"' in line or b'"event":"visit"' in line:
                self.visits += 1
            elif b".ready" in line:
                self.ready = json.loads(line)

    def cpu_s(self) -> float:
        """Return the CPU seconds that it has used."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def wait_for(self, enough: Callable[[], Any]) -> None:
        while not enough():
            assert self.process.poll() is None, "it ended"
            gevent.sleep(0.05)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self._reader.join()


@contextmanager
def streams(web: Program, token: str, number: int) -> Iterator[None]:
    """Keep so many streams of events open, each of which is read."""
    port = int(web.ready["listen"].rpartition(":")[2])
    opened = []
    for _ in range(number):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        reply = connection.getresponse()
        assert reply.status == 200, reply.read()
        opened.append((connection, gevent.spawn(_drain, reply)))
    try:
        yield
    finally:
        for connection, reading in opened:
            reading.kill()
            connection.close()


def _drain(reply: http.client.HTTPResponse) -> None:
    while reply.readline():
        pass


def measure(
    folder: Path, site: Slow, options: argparse.Namespace, state: str, *, counts: bool
) -> list[dict[str, float]]:
    """Return what each turn of each round cost."""
    folder.mkdir()
    (folder / "crawler.yaml").write_text(CONFIG.format(state=state))
    names = [f"{number:06d}" for number in range(options.hosts * 3000)]
    (folder / "list.txt").write_text("\n".join(urls_of(site, names, hosts=options.hosts)) + "\n")
    files = [folder / "daemon.count", folder / "web.count"]
    surroundings = [within(file) if counts else [] for file in files]
    with ExitStack() as stack:
        daemon = Program(folder, "run", surroundings=surroundings[0])
        stack.callback(daemon.close)
        daemon.wait_for(lambda: daemon.visits > 100)
        web = Program(folder, "web", "--listen", "127.0.0.1:0", surroundings=surroundings[1])
        stack.callback(web.close)
        web.wait_for(lambda: web.ready)
        token = Path(folder, web.ready["token_file"]).read_text().strip()
        transactions = _transactions(state, stack)
        rows = []
        for round_ in range(options.rounds):
            for number in TURNS if round_ % 2 == 0 else TURNS[::-1]:
                with streams(web, token, number):
                    gevent.sleep(SETTLE_S)
                    before = _reading(daemon, web, files if counts else [], transactions)
                    gevent.sleep(options.seconds)
                    after = _reading(daemon, web, files if counts else [], transactions)
                spent = {name: after[name] - before[name] for name in after}
                rows.append({"streams": number, **spent})
        return rows


def _transactions(state: str, stack: ExitStack) -> Callable[[], float] | None:
    """Return what counts the transactions of a server's database, where it has the ledger."""
    if "://" not in state:
        return None
    db = stack.enter_context(psycopg.connect(state, autocommit=True))

    def ask() -> float:
        (found,) = db.execute(_TRANSACTIONS).fetchone() or (0,)
        return float(found)

    return ask


def _reading(
    daemon: Program, web: Program, files: list[Path], transactions: Callable[[], float] | None
) -> dict[str, float]:
    found = {"s": time.monotonic(), "visits": float(daemon.visits)}
    found |= {"daemon_cpu_s": daemon.cpu_s(), "web_cpu_s": web.cpu_s()}
    if files:
        found |= {"daemon_statements": counted(files[0]), "web_statements": counted(files[1])}
    if transactions:
        found["transactions"] = transactions()
    return found


def summed(rows: list[dict[str, float]]) -> dict[int, dict[str, float]]:
    """Return, for each number of streams, the medians of the rates over the rounds."""
    found = {}
    for number in TURNS:
        mine = [row for row in rows if row["streams"] == number]
        rates = {
            "visits_per_s": [row["visits"] / row["s"] for row in mine],
            "daemon_cpu_ms_per_visit": [1e3 * row["daemon_cpu_s"] / row["visits"] for row in mine],
            "web_cpu_percent": [100 * row["web_cpu_s"] / row["s"] for row in mine],
        }
        for name in ("daemon_statements", "web_statements", "transactions"):
            if name in mine[0]:
                rates[f"{name}_per_s"] = [row[name] / row["s"] for row in mine]
        if "daemon_statements" in mine[0]:
            rates["daemon_statements_per_visit"] = [
                row["daemon_statements"] / row["visits"] for row in mine
            ]
        found[number] = {name: statistics.median(values) for name, values in rates.items()}
    return found


def main(arguments: list[str]) -> None:
    """Measure, and print a line for each number of streams."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench page")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--hosts", type=int, default=30)
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    told: dict[str, Any] = {}
    with (
        slow(hosts=options.hosts, delay=0.02) as site,
        tempfile.TemporaryDirectory() as folder,
        ExitStack() as stack,
    ):
        cluster = stack.enter_context(server()) if options.server else None
        for what in ("cpu",) if options.server else ("statements", "cpu"):
            site.mark()
            state = cluster.database() if cluster else "state.sqlite"
            counts = what == "statements"
            told[what] = summed(measure(Path(folder, what), site, options, state, counts=counts))
            for number, rates in told[what].items():
                shown = ", ".join(f"{name} {value:.3g}" for name, value in rates.items())
                print(f"{what}, {number} streams: {shown}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(told, indent=1))
