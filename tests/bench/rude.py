"""Peers against the rude servers of the tests: who stores what is torn, who hangs, who crashes.

Every tool fetches every row once, with time and size limits as tight as it has them, and is judged
by what a script would see: its exit code and its file.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import gevent
from gevent.pool import Pool

import crawler  # noqa: F401  patches first
from crawler.model import Kind
from tests.parts.rude_cases import ROWS, Row
from tests.servers import RudeSite

LIMIT_S = 8.0
"""A tool that is told 1 to 3 s and runs longer than this has hung."""
AT_ONCE = 6
SPIDER = """
import scrapy
class S(scrapy.Spider):
    name = "s"
    custom_settings = dict(RETRY_ENABLED=False, DOWNLOAD_TIMEOUT=3, DOWNLOAD_MAXSIZE=5_000_000,
                           LOG_ENABLED=False, TELNETCONSOLE_ENABLED=False)
    def parse(self, response):
        open("out", "wb").write(response.body)
"""
COMMANDS = {
    "crawler fetch": [sys.executable, "-m", "crawler", "fetch", "--attempts", "1",
                      "--timeout", "3s", "--max-size", "5MB", "--path", "out"],
    "curl": ["curl", "-sS", "--fail", "--compressed", "-m", "3", "--max-filesize", "5000000",
             "-o", "out"],
    "wget": ["wget", "-q", "--tries=1", "--timeout=1", "--compression=auto", "-O", "out"],
    "wget2": ["wget2", "-q", "--tries=1", "--timeout=1", "-O", "out"],
    "aria2c": ["aria2c", "-q", "--max-tries=1", "--timeout=1", "--connect-timeout=1",
               "--http-accept-gzip=true", "--lowest-speed-limit=1K", "-o", "out"],
    "Scrapy": [os.environ.get("SCRAPY", "scrapy"), "runspider", "spider.py", "-s",
               "HTTPERROR_ALLOW_ALL=False"],
}  # fmt: skip


def rows() -> list[Row]:
    """Return the rows that every tool can be asked: plain http, and no redirects."""
    plain = [row for row in ROWS.values() if row.url_scheme == "http" and not row.speaks_tls]
    return [row for row in plain if "redirect" not in row.name and row.kind is not Kind.NOT_FOUND]


def judged(row: Row, code: int | None, stored: bytes | None) -> str:
    """Say in a word how a tool did."""
    if code is None:
        return "hung"
    if code < 0:
        return "crashed"
    success = code == 0 and stored is not None
    if row.kind is Kind.STORED:
        return "right" if success and stored == row.body else "refused what is sound"
    return "stored what is torn" if success else "right"


def run(tool: str, row: Row) -> str:
    """Run one tool against one row."""
    with tempfile.TemporaryDirectory() as folder, RudeSite(row.talk) as site:
        command = list(COMMANDS[tool])
        url = f"{site.url}/flag"
        if tool == "Scrapy":
            Path(folder, "spider.py").write_text(SPIDER + f"    start_urls = [{url!r}]\n")
        else:
            command.append(url)
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            code: int | None = process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = None
        out = Path(folder, "out")
        stored = out.read_bytes() if out.exists() and out.stat().st_size < 10_000_000 else None
        if out.exists() and stored is None and code == 0:
            stored = b"more than was allowed"
        return judged(row, code, stored)


def main(arguments: list[str]) -> None:
    """Measure all tools that are there, and print the table."""
    tools = [tool for tool, command in COMMANDS.items() if shutil.which(command[0])]
    results: dict[str, dict[str, str]] = defaultdict(dict)
    pool = Pool(AT_ONCE)

    def one(tool: str, row: Row) -> None:
        results[tool][row.name] = run(tool, row)

    for row in rows():
        for tool in tools:
            pool.spawn(one, tool, row)
    pool.join()
    words = ("right", "stored what is torn", "hung", "crashed", "refused what is sound")
    print("| tool | " + " | ".join(words) + " |")
    print("|---" * (len(words) + 1) + "|")
    for tool in tools:
        sums = Counter(results[tool].values())
        print(f"| {tool} | " + " | ".join(str(sums[word]) for word in words) + " |")
    if arguments[:1] == ["--json"]:
        Path(arguments[1]).write_text(json.dumps(results, indent=1))
    gevent.get_hub().destroy()
