"""Visits beside an import: what hosts keep of their pace while a long list is being taken in.

    python -m tests.bench beside [--lines 600000] [--hosts 50] [--json FILE]

One job visits hosts every 100 ms each; another's list is taken in meanwhile, whose hosts refuse.
Arrivals are counted by the server, on the same cores as the daemon.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench import lists
from tests.bench.payload import let_lie
from tests.bench.servers import Slow, slow, urls_of

AFTER_S = 5.0
"""How long the visits are counted after the import."""
CONFIG = """
crawler: {state: state.sqlite, output: files, concurrency: 64, grace_period: 1s,
          log: {progress: 0}}
jobs:
  - {name: live, url_file: live.txt, path: "{digest}", robots: ignore,
     delay: 100ms, allow_addresses: [127.0.0.0/8]}
  - {name: list, url_file: list.txt, robots: ignore, delay: 1h, timeout: {connect: 1s},
     allow_addresses: [127.0.0.0/8]}
"""


def measure(folder: Path, lines: int, hosts: int, server: Slow) -> dict[str, Any]:
    """Take the list in beside the visits; return both rates, and that of the visits alone."""
    (folder / "crawler.yaml").write_text(CONFIG)
    lists.write(folder / "list.txt", lines, lists.HOSTS)
    names = [f"{number:06d}" for number in range(hosts * 2000)]
    live = folder / "live.txt"
    live.write_text("\n".join(urls_of(server, names, hosts=hosts)) + "\n")
    let_lie(live)
    synced: dict[str, float] = {}
    with lists.Daemon(folder) as daemon:
        while len(synced) < 2 or time.time() < synced["list"] + AFTER_S:
            record = daemon.wait_for("job.synced", "visit")
            if record["event"] == "job.synced":
                synced[record["job"]] = time.time()
    arrivals = [at for times in server.stats()["arrivals"].values() for at in times]
    begin, end = synced["live"], synced["list"]
    return {
        "lines": lines,
        "hosts": hosts,
        "import_per_s": lines / (end - begin),
        "beside_per_s": sum(begin < at < end for at in arrivals) / (end - begin),
        "alone_per_s": sum(end + 1 < at < end + AFTER_S for at in arrivals) / (AFTER_S - 1),
    }


def main(arguments: list[str]) -> None:
    """Measure once, and say it in a sentence."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench beside")
    parser.add_argument("--lines", type=int, default=600_000)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="crawler-bench-") as folder,
        slow(hosts=options.hosts) as server,
    ):
        found = measure(Path(folder), options.lines, options.hosts, server)
    print(
        f"{found['beside_per_s']:.0f} visits/s beside an import of {found['import_per_s']:,.0f} "
        f"lines/s, {found['alone_per_s']:.0f} alone"
    )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
