"""The hub is never blocked for more than 100 ms, whatever is read, changed and sent meanwhile."""

import gzip
import json
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import gevent
import pytest

from tests import FULL, program
from tests.blocked import blocks, watch
from tests.hub_watch import MAX_BLOCK_S
from tests.program import Daemon, until, write_config
from tests.servers import Site, status

HOSTS = [f"127.1.{number // 100}.{number % 100 + 1}" for number in range(300)]
LISTS = ("long.txt", "table.csv", "map.xml")
LISTED = 100_000 if FULL else 10_000
BIG = b"b" * (64 << 20)
PAGE = b"<meta name=robots>"
ROBOTS = b"User-agent: *\nDisallow: /no\n" + b"Disallow: /" + b"*a" * 30_000 + b"$\n"
HOSTILE = {
    "tag": lambda: status("200 OK", *[("X-Robots-Tag", "a" * 60_000 + "!: noindex")] * 3),
    "fields": lambda: status("200 OK", *[(f"X-{n}", "v" * 400) for n in range(480)]),
    "location": lambda: status("302 Found", ("Location", "http://[" + ":" * 60_000)),
    "cookies": lambda: status(
        "200 OK", *[("Set-Cookie", f"c{n}=" + "v" * 400) for n in range(400)]
    ),
    "etag": lambda: status("200 OK", ("ETag", "W/" + '"' * 60_000), ("Retry-After", "9" * 60_000)),
    "codings": lambda: status("200 OK", ("Content-Encoding", "gzip," * 10_000)),
    "page": lambda: html(PAGE + b"<a b='" * 10_000),
    "pages": lambda: html(PAGE + b"<" * 32_000),
    "empties": lambda: coded(gzip.compress(b"") * 50_000),
    "bomb": lambda: coded(gzip.compress(b"\0" * (32 << 20))),
}


def html(body: bytes):
    fields = [("Content-Type", "text/html"), ("Content-Length", str(len(body)))]
    return "200 OK", fields, [body]


def coded(body: bytes):
    fields = [("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))]
    return "200 OK", fields, [body]


def route(path: str):
    if path == "/robots.txt":
        return ROBOTS
    if path.startswith("/big"):
        return "200 OK", [("Content-Length", str(len(BIG)))], [BIG]
    if path.startswith("/hostile/"):
        return HOSTILE[path.split("/")[2]]()
    gevent.sleep(0.01)
    return path.encode()


class Load:
    """A configuration and lists, which change while they are read."""

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir()
        self.folder = folder
        self.hosts = [f"http://{host}:{port}" for host in HOSTS]
        self.round = 0
        self.change()

    def change(self) -> None:
        """Write the lists and the configuration anew: other URLs, another delay."""
        self.round += 1
        lines = [f"{self.hosts[n % 300]}/{self.round}/{n}" for n in range(LISTED)]
        self._write("long.txt", "".join(f"{line}\n" for line in lines))
        self._write("table.csv", "url,cc\n" + "".join(f'"{line}?t",x\n' for line in lines[::5]))
        entries = "".join(f"<url><loc>{line}?s</loc></url>" for line in lines[::5])
        self._write("map.xml", f"<urlset>{entries}</urlset>")
        hostile = [f"{self.hosts[0]}/hostile/{name}/{self.round}" for name in HOSTILE]
        self.config = write_config(
            self.folder,
            [
                *({"name": name[:3], "url_file": name} for name in LISTS),
                {"name": "hostile", "urls": hostile, "max_size": "100MB"},
                {"name": "big", "urls": [f"{self.hosts[1]}/big/{self.round}"], "max_size": "1GB"},
            ],
            defaults={"robots": "obey", "delay": f"{100 + self.round}ms", "max_shrink": "100%"},
            concurrency=64,
            watch=True,
        )

    def _write(self, name: str, text: str) -> None:
        """Put a list in place as a whole, as an exporter does."""
        new = self.folder / f".{name}"
        new.write_text(text)
        new.rename(self.folder / name)


def too_long(block: dict, since: float) -> bool:
    """Tell whether it is a block by our own doing, and not of a start, when modules are loaded.

    The short form runs beside other tests, so that only the processor's time of the hub counts.
    """
    seconds = max(block["cpu_s"], block["held_s"]) if FULL else block["cpu_s"]
    return block["at"] > since and seconds > MAX_BLOCK_S


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_no_load_and_no_change_blocks_the_hub(tmp_path, monkeypatch, full_campaign):
    noted = tmp_path / "noted"
    watch(noted, monkeypatch)
    with Site(route, HOSTS) as site, ExitStack() as stack:
        load = Load(tmp_path / "crawl", site.port)
        daemons = [stack.enter_context(Daemon(load.config)) for _ in range(2)]
        for daemon in daemons:
            daemon.wait_for("daemon.ready")
        since = time.time() + 1
        end = time.monotonic() + (120 if full_campaign else 8)
        while time.monotonic() < end:
            gevent.sleep(7)
            load.change()
            for daemon in daemons:
                daemon.signal(signal.SIGHUP)
        until(lambda: any(one.told("config.reloaded") for one in daemons), "no reload")
        visits = sum(len(daemon.told("visit")) for daemon in daemons)
        for daemon in daemons:
            daemon.stop()
    found = blocks(noted)
    print(f"{visits} visits, {len(found)} late rounds of the hub")
    assert visits > 100
    assert not [json.dumps(block, indent=1) for block in found if too_long(block, since)]


SLOW_DISK = """
import crawler, sys
from gevent.monkey import get_original

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("crawler.frontier.sqlite"):
            get_original("time", "sleep")(0.02)

sys.meta_path.insert(0, Slow())
from crawler import cli
cli.main()
"""
"""The crawler on a machine that takes its time to load the many modules of the engine."""


def test_a_start_on_a_slow_machine_blocks_no_event_loop(tmp_path, monkeypatch):
    file = tmp_path / "crawler_on_a_slow_disk.py"
    file.write_text(SLOW_DISK)
    monkeypatch.setattr(program, "CRAWLER", [sys.executable, str(file)])
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with Site(str.encode) as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
            assert "_find_and_load" not in daemon.errors, "modules are loaded while it runs"
