"""One list of a million lines, one local server, every tool: how soon it begins, what it holds.

    python -m tests.bench longlist [--lines 1000000] [--for 30] [--json FILE]

Every tool runs for half a minute, alone, on the same list and nginx, and is ended then: what is
compared is the time until the server saw its first request, and the peak of its memory until then
and in all. Scrapy is taken from SCRAPY or the path.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.payload import let_lie

SPIDER = """
import scrapy
class S(scrapy.Spider):
    name = "s"
    custom_settings = dict(LOG_LEVEL="ERROR", TELNETCONSOLE_ENABLED=False, ROBOTSTXT_OBEY=False,
                           CONCURRENT_REQUESTS=16, CONCURRENT_REQUESTS_PER_DOMAIN=16)
    async def start(self):
        for number, line in enumerate(open("list.txt")):
            yield scrapy.Request(line.strip(), cb_kwargs={"number": number})
    def parse(self, response, number):
        open(f"out/{number}", "wb").write(response.body)
"""
CONFIG = """
crawler:
  {{state: state.sqlite, output: out, concurrency: 16, grace_period: 1s, durability: relaxed}}
jobs:
  - name: list
    url_file: list.txt
    delay: 0
    per_host: 16
    path: "{{digest}}"
    allow_addresses: [127.0.0.0/8]
"""
TOOLS = {
    "crawler run": [sys.executable, "-m", "crawler", "run", "-c", "crawler.yaml"],
    "Scrapy": [os.environ.get("SCRAPY", "scrapy"), "runspider", "spider.py"],
    "aria2c -i": ["aria2c", "-q", "-i", "list.txt", "-d", "out", "-j", "16", "-x", "16"],
    "aria2c -i, deferred": ["aria2c", "-q", "-i", "list.txt", "-d", "out", "-j", "16", "-x", "16",
                            "--deferred-input=true"],
    "wget2 -i": ["wget2", "-q", "-i", "list.txt", "-P", "out", "--max-threads=16"],
    "wget -i": ["wget", "-q", "-i", "list.txt", "-P", "out"],
}  # fmt: skip
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  log_format time '$msec'; access_log {folder}/access.log time; keepalive_requests 1000000;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "a small page\\n"; }}
            location = /robots.txt {{ return 404; }} }}
}}
"""
PORT = 8973


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Path]:
    """Run nginx, and yield its log."""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=PORT))
    command = ["/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command) as process:
        while not (folder / "access.log").exists():
            time.sleep(0.05)
        try:
            yield folder / "access.log"
        finally:
            process.terminate()


def measure(name: str, folder: Path, log: Path, seconds: float) -> dict[str, Any]:
    """Run one tool for a while."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").mkdir()
    for left in folder.glob("state.sqlite*"):
        left.unlink()
    os.truncate(log, 0)
    began = time.time()
    with subprocess.Popen(
        TOOLS[name], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        first, at_first, peak = None, 0.0, 0.0
        while time.time() < began + seconds and process.poll() is None:
            time.sleep(0.02)
            peak = max(peak, peak_mb(process.pid))
            if first is None and log.stat().st_size:
                first = float(log.read_text().splitlines()[0].lstrip("\0")) - began
                at_first = peak
        process.kill()
    requests = log.read_bytes().count(b"\n")
    return {"tool": name, "first_s": first, "at_first_mb": at_first, "peak_mb": peak,
            "requests": requests, "seconds": seconds}  # fmt: skip


def peak_mb(pid: int) -> float:
    """Return the peak of a process's resident memory so far."""
    with contextlib.suppress(OSError, StopIteration):
        status = Path(f"/proc/{pid}/status").read_text()
        return int(next(x.split()[1] for x in status.splitlines() if x.startswith("VmHWM"))) / 1000
    return 0.0


def main(arguments: list[str]) -> None:
    """Run every tool that is there."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench longlist")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--for", dest="seconds", type=float, default=30.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory(prefix="crawler-bench-") as place:
        folder = Path(place)
        (folder / "spider.py").write_text(SPIDER)
        (folder / "crawler.yaml").write_text(CONFIG.format())
        with (folder / "list.txt").open("w") as out:
            out.writelines(
                f"http://127.0.0.1:{PORT}/some/folder/of/files/page-{number}.html\n"
                for number in range(options.lines)
            )
        let_lie(folder / "list.txt")
        with server(folder) as log:
            for name, command in TOOLS.items():
                if shutil.which(command[0]):
                    rows.append(measure(name, folder, log, options.seconds))
                    print(json.dumps(rows[-1]), flush=True)
    print(table(rows, options.lines))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


def table(rows: list[dict[str, Any]], lines: int) -> str:
    """Return the rows as docs/benchmarks.md has them."""
    told = [f"| {lines:,} lines | first request after | peak RSS by then | peak RSS in 30 s |"]
    told.append("|---|---:|---:|---:|")
    for row in rows:
        first = f"{row['first_s']:.1f} s" if row["first_s"] is not None else "not in time"
        at_first = f"{row['at_first_mb']:,.0f} MB" if row["first_s"] is not None else ""
        told.append(f"| {row['tool']} | {first} | {at_first} | {row['peak_mb']:,.0f} MB |")
    return "\n".join(told)
