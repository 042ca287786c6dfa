"""A list taken in by a process of its own: what that costs, and what it leaves on the disk."""

import json
import resource
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.bench import lists
from tests.bench.frontier.ledger import JOB, Ledger
from tests.bench.frontier.watch import Watch

_SHARES = """
SELECT name, pgsize FROM dbstat WHERE aggregate = 1 ORDER BY pgsize DESC"""
MIN_SHARE_B = 0.5
"""Bytes a URL; tables and indexes with fewer are counted together."""


def taken_in(folder: Path, urls: int, hosts: int) -> dict[str, Any]:
    """Write a list, take it in, and return what came of it; the state file stays."""
    file, state = folder / "list.txt", folder / "state.sqlite"
    text = lists.write(file, urls, hosts)
    command = [sys.executable, "-m", "tests.bench", "frontier", "--import", str(state)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    file.unlink()
    return {**json.loads(done.stdout), "disk_b": disk(state, urls, text)}


def take_in(state: Path) -> None:
    """Take in the list beside a state file, in this process, and print what it cost."""
    with Watch() as watch, Ledger(state, watch) as ledger:
        owner = ledger.join()
        ledger.configure(JOB)
        began, before = time.perf_counter(), time.process_time()
        added = ledger.take_in(owner, state.parent / "list.txt")
        cpu_s, wall_s = time.process_time() - before, time.perf_counter() - began
        ledger.leave(owner)
    put = watch.held["put"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    told = {
        "per_s": added / wall_s, "cpu_us": cpu_s / added * 1e6, "peak_mb": peak / 1e6,
        "put_wall_ms": put.longest_wall_s * 1e3, "put_cpu_ms": put.longest_cpu_s * 1e3,
    }  # fmt: skip
    print(json.dumps(told))


def disk(state: Path, urls: int, text: int) -> dict[str, float]:
    """Return bytes a URL on the disk: the whole beyond the URLs themselves, and its parts.

    The table of tasks has the URLs. Without dbstat, which is an option of SQLite's build, there is
    the whole alone.
    """
    found = {"beyond the URL": (state.stat().st_size - text) / urls}
    with closing(sqlite3.connect(state)) as db:
        try:
            shares = db.execute(_SHARES).fetchall()
        except sqlite3.OperationalError:
            return found
    found |= {name: size / urls for name, size in shares if size / urls >= MIN_SHARE_B}
    found["task"] -= text / urls
    rest = found["beyond the URL"] - sum(list(found.values())[1:])
    return {**found, "the rest": rest}
