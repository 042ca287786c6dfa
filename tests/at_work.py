"""Daemons at work on four hosts, of which one fails, and a server with their page.

Run as a program it is their site: what visits of many tests leave in a process is no test's own.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent

from tests.program import Daemon, at_once, write_config
from tests.servers import Answer, Site, slow, status
from tests.web import Web

HOSTS = [f"127.0.0.{n}" for n in range(2, 6)]
BAD = HOSTS[3]
URLS = 3 * 2000
"""Of the job of the others: enough for a quarter of an hour."""


@dataclass
class AtWork:
    """What is at work."""

    web: Web
    daemons: list[Daemon]
    file: Path
    port: int
    """Of the site."""

    @property
    def hosts(self) -> list[str]:
        return [f"{host}:{self.port}" for host in HOSTS]


@contextlib.contextmanager
def at_work(folder: Path, *, processes: int = 2, **options: Any) -> Iterator[AtWork]:
    """Have daemons at work until the end of the block."""
    with _site() as port, contextlib.ExitStack() as stack:
        good = [f"http://{host}:{port}/[1-{URLS // 3}]" for host in HOSTS[:3]]
        bad = [f"http://{BAD}:{port}/bad/[1-9]"]
        jobs = [
            {"name": "flags", "urls": good, "path": "{job}/{host}/{name}", "delay": "400ms"},
            {"name": "news", "urls": bad, "attempts": 2, "schedule": {"every": "1h"}},
        ]
        file = write_config(folder, jobs, **options)
        daemons = [stack.enter_context(Daemon(file)) for _ in range(processes)]
        for daemon in daemons:
            daemon.wait_for("daemon.ready")
        yield AtWork(stack.enter_context(Web(file)), daemons, file, port)


@contextlib.contextmanager
def _site() -> Iterator[int]:
    """Run the site; yield its port."""
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield int(process.stdout.readline())
        process.stdin.close()


def _route(path: str) -> Answer:
    return status("503 Service Unavailable") if path.startswith("/bad/") else slow(0.02)(path)


def known(folder: Path, *urls: str, job: str = "j") -> Path:
    """Have a ledger that knows URLs, and no daemon."""
    given = list(urls) or ["http://127.0.0.1:9/a"]
    file = write_config(folder, [{"name": job, "urls": given, "attempts": 1}])
    assert at_once("run", "-c", str(file), "--until-done", cwd=folder).returncode in {0, 1}
    return file


def wishes(web: Web) -> list[tuple[str | None, ...]]:
    """Return the standing wishes, each as verb, scope, subject, option and value."""
    keys = ("verb", "scope", "subject", "option", "value")
    return [tuple(one[key] for key in keys) for one in web.get("wishes")["wishes"]]


def take_back(web: Web) -> None:
    """Take all wishes back."""
    for verb, scope, subject, option, _ in wishes(web):
        of = {} if scope == "all" else {scope: subject}
        web.post("resume", **of) if verb == "pause" else web.post("unset", **of, options=[option])


if __name__ == "__main__":
    with Site(_route, HOSTS) as site:
        print(site.port, flush=True)
        gevent.get_hub().threadpool.apply(sys.stdin.read)  # until who started it is gone
