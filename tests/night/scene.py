"""The scene: hosts, a configuration, two processes with their logs, and a reload behind them."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from crawler.policy.backoff import FAILURES_TO_REST
from tests.night.web import BIG, BUSY, EMPTY, HANGS, REFUSES, WELL
from tests.program import CRAWLER, until

PROCESSES = 2
OPERATOR = "ops"
TYPED_S = 60.0
CONFIG = """\
crawler:
  state: state.sqlite
  output: files
  grace_period: 1s
  guards: {{min_free: 0, min_inodes: 0}}
job_defaults:
  delay: 1s
  robots: ignore
  path: "{{job}}/{{url_path}}"
  timeout: {{read: 1h, total: 1h}}
  allow_addresses: [127.0.0.0/8]
jobs:
"""
JOB = '  - {{name: {name}, urls: ["http://{host}:{port}/{urls}"]{more}}}\n'
AT_FIRST = (
    ("docs", WELL, "[1-900].html", ", robots: obey"),
    ("archive", HANGS, "[1-3].zip", ""),
    ("news", BUSY, "[1-50].html", ""),
    ("dead", REFUSES, "[1-30].html", ", delay: 100ms"),
    ("old", EMPTY, "[1-3].html", ""),
)
AT_LAST = (
    ("docs", WELL, "[1-900].html", ", robots: obey, delay: 500ms"),
    *AT_FIRST[1:],
    ("films", BIG, "[1-5].mp4", ""),
)


class Night:
    """A folder in which all of it runs, and a shell in it."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self._port = port
        self._running = ExitStack()
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in _UNWANTED},
            "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
            "CRAWLER_CONFIG": str(folder / "crawler.yaml"), "SUDO_USER": OPERATOR,
        }  # fmt: skip

    def __enter__(self) -> "Night":
        with self._running:
            self._begin()
            self._running = self._running.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def type(self, command: str) -> str:
        """Return what a command prints, as its reader sees it."""
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-c", command], cwd=self.folder,
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            stdin=subprocess.DEVNULL, timeout=TYPED_S, check=False,
        )  # fmt: skip
        return done.stdout

    def url(self, host: str, name: str) -> str:
        return f"http://{host}:{self.port}/{name}"

    def _begin(self) -> None:
        web = self._started(
            [sys.executable, "-c", f"from tests.night.web import serve; serve({self._port})"],
            cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._running.enter_context(web.stdin)
        self._running.enter_context(web.stdout)
        self.port = int(web.stdout.readline())
        self._configure(AT_FIRST)
        for number in range(PROCESSES):
            with (self.folder / f"crawler_{number:02d}.log").open("wb") as log:
                self._started([*CRAWLER, "run"], cwd=self.folder, stdout=log)
        until(self._fail, "not every process runs, and every host that is to fail fails")
        self._configure(AT_LAST)
        self.type("crawler reload --wait")
        until(self._is_night, "not every host has come to what it comes to")

    def _started(self, command: list[str], **options: object) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, env=self.environment, **options)  # type: ignore[call-overload]
        self._running.callback(_end, process)
        return process

    def _configure(self, jobs: tuple[tuple[str, str, str, str], ...]) -> None:
        lines = (
            JOB.format(name=name, host=host, port=self.port, urls=urls, more=more)
            for name, host, urls, more in jobs
        )
        (self.folder / "crawler.yaml").write_text(CONFIG.format() + "".join(lines))

    def _fail(self) -> bool:
        """Tell whether all processes run, and the hosts rest that are to fail."""
        logs = self.folder.glob("crawler_*.log")
        if sum('"daemon.ready"' in log.read_text() for log in logs) < PROCESSES:
            return False
        failing = self._asked("hosts --failing")["hosts"]
        failures = {one["host"].partition(":")[0]: one["failures"] for one in failing}
        return failures.get(REFUSES, 0) >= FAILURES_TO_REST and BUSY in failures

    def _is_night(self) -> bool:
        """Tell whether the rest has come to what it comes to."""
        ended = {job["name"]: job["ok"] + job["not_found"] for job in self._asked("status")["jobs"]}
        shown = self.type("crawler top --once")
        return (
            ended["docs"] > 5
            and ended["old"] == 3
            and all(self.url(host, "") in shown for host in (BIG, HANGS))
            and " MB " in shown
        )

    def _asked(self, verb: str) -> dict[str, Any]:
        return json.loads(self.type(f"crawler {verb} --json"))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


_UNWANTED = ("CRAWLER_CONFIG", "COLUMNS", "LINES", "NO_COLOR")
