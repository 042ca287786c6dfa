"""The program as a subprocess, as supervisord would run it, and its log as records."""

import contextlib
import functools
import gc
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import gevent
import pytest
import yaml

from crawler import cli, early_signals
from crawler.frontier.postgres.opening import connect
from crawler.state_address import StateAddress, StateServer, state_address

CRAWLER = [sys.executable, "-m", "crawler"]
PATIENCE_S = 30.0
UNWATCHED = {"GEVENT_MONITOR_THREAD_ENABLE": "0"}
"""Of a daemon that may say nothing on standard error: gevent's monitor, which goes by the wall
clock, takes a busy machine for code that blocks."""


def write_config(
    folder: Path,
    jobs: list[dict[str, Any]],
    *,
    defaults: dict[str, Any] | None = None,
    hosts: dict[str, Any] | None = None,
    **crawler: Any,
) -> Path:
    """Write a configuration into a folder, with impolite defaults fit for a test."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "crawler": {
            "state": state_of(folder), "output": "files", "concurrency": 8, "grace_period": "1s",
            "durability": "relaxed", "per_address": None,
            "guards": {"min_free": 0, "min_inodes": 0}, **crawler,
        },
        "job_defaults": {"delay": 0, "per_host": 8, "path": "{job}/{name}", "robots": "ignore",
                         "allow_addresses": ["127.0.0.0/8"], **(defaults or {})},
        "hosts": hosts or {},
        "jobs": jobs,
    }  # fmt: skip
    file = folder / "crawler.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


def state_of(folder: Path) -> str:
    """Return where the ledger of a folder's configuration is; tests put another engine here."""
    return "state.sqlite"


def _age(folder: Path) -> None:
    """Let the lists beside a configuration be older than what somebody may still be writing."""
    then = time.time() - 3600
    for file in folder.iterdir():
        if file.is_file() and file.stat().st_mtime > then + 3500 and ".sqlite" not in file.name:
            os.utime(file, (then, then))


@functools.cache
def _compiled() -> None:
    """Have all that a daemon loads be compiled once: that takes long, and no test's patience."""
    load = "import crawler.daemon.process as p, pathlib; p.load_engine(pathlib.Path())"
    subprocess.run([sys.executable, "-c", f"import crawler; {load}"], check=True)


class Program:
    """A running process of ours: its log as records, and what else it printed."""

    def __init__(self, command: Sequence[str], **environment: str) -> None:
        self.command = command
        self.folder: Path | None = None
        self._environment = environment
        self.records: list[dict[str, Any]] = []
        self.output = b""
        self.errors = ""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "GEVENT_MONITOR_THREAD_ENABLE": "1",
                 "GEVENT_MAX_BLOCKING_TIME": "0.1", **self._environment},
        )  # fmt: skip
        self.readers = [gevent.spawn(self._read_log), gevent.spawn(self._read_errors)]
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        gevent.joinall(self.readers, timeout=5)
        self.process.stdout.close()
        self.process.stderr.close()

    def wait_for(self, event: str, **fields: Any) -> dict[str, Any]:
        """Wait until the log tells of an event."""
        return until(lambda: self.told(event, **fields), f"no {event} {fields}", self)[0]

    def told(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        wanted = {"event": event, **fields}.items()
        return [record for record in self.records if wanted <= record.items()]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, timeout: float = PATIENCE_S) -> int:
        """Wait for the end, and return the exit code."""
        code = self.process.wait(timeout)
        gevent.joinall(self.readers, timeout=5)
        return code

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.wait()

    def _read_log(self) -> None:
        for line in self.process.stdout:
            self.output += line
            self.records.append(json.loads(line))

    def _read_errors(self) -> None:
        for line in self.process.stderr:
            self.errors += line.decode()


class Daemon(Program):
    """A running `crawler run`; `within` is the command in whose surroundings it runs."""

    def __init__(
        self, config: Path, *arguments: str, within: Sequence[str] = (), **environment: str
    ) -> None:
        run = [*within, *CRAWLER, "run", "-c", str(config), *arguments]
        super().__init__(run, **environment)
        self.config = config

    def __enter__(self) -> Self:
        _compiled()
        _age(self.config.parent)
        return super().__enter__()


def until(
    found: Callable[[], Any],
    otherwise: str,
    daemon: Program | None = None,
    *,
    patience: float = PATIENCE_S,
) -> Any:
    """Wait for something to be true, with a deadline that fails loudly."""
    deadline = time.monotonic() + patience
    while not (value := found()):
        ended = daemon is not None and daemon.process.poll() is not None and daemon.readers[0].dead
        if time.monotonic() > deadline or ended:
            last = daemon.records[-5:] if daemon else ""
            raise AssertionError(f"{otherwise}; {last}; {daemon.errors if daemon else ''}")
        gevent.sleep(0.01)
    return value


def address_of(folder: Path) -> StateAddress:
    """Return where the ledger of a folder's configuration is."""
    found = state_address(state_of(folder))
    return folder / found if isinstance(found, Path) else found


@contextlib.contextmanager
def ledger(folder: Path) -> Iterator[Any]:
    """Look into a ledger, and change it, by SQL that all engines run."""
    with tables(address_of(folder)) as db:
        yield db


def tables(state: StateAddress) -> contextlib.AbstractContextManager[Any]:
    """Open the tables of a ledger, in a file or on a server, as an engine does."""
    if isinstance(state, StateServer):
        return _on_server(state)
    return contextlib.closing(sqlite3.connect(state, isolation_level=None))


@contextlib.contextmanager
def _on_server(state: StateServer) -> Iterator[Any]:
    db = connect(state, make=False)
    with contextlib.closing(db.server):
        yield db


def due_again(folder: Path) -> None:
    """Make every URL due now, as if its time had come."""
    with ledger(folder) as db:
        db.execute("UPDATE task SET state = 0, due_at = 0")
        db.execute("UPDATE host SET ready_at = 0")
        db.execute("DELETE FROM tally WHERE kind != ''")


def assert_clean(folder: Path, *, urls: int | None = None) -> None:
    """Assert that nothing is leased, owned or torn, and that the ledger adds up."""
    with ledger(folder) as db:
        (leased,) = db.execute("SELECT count(*) FROM task WHERE state = 1").fetchone()
        (owned,) = db.execute("SELECT count(*) FROM host WHERE owner IS NOT NULL").fetchone()
        (processes,) = db.execute("SELECT count(*) FROM process").fetchone()
        (tasks,) = db.execute("SELECT count(*) FROM task WHERE job != 0").fetchone()
        (known,) = db.execute("SELECT ifnull(sum(n), 0) FROM tally WHERE kind = ''").fetchone()
        finished = dict(
            db.execute(
                "SELECT kind, sum(n) FROM tally WHERE kind NOT IN ('', '+', 'retired') "
                "GROUP BY 1 HAVING sum(n) != 0"
            )
        )
        ended = dict(
            db.execute(
                "SELECT kind, count(*) FROM entry WHERE state IN (2, 3) AND job != 0 GROUP BY 1"
            )
        )
    assert (leased, owned, processes) == (0, 0, 0)
    assert known == tasks
    assert finished == ended
    assert urls is None or known == urls
    assert not sorted(folder.rglob("*.part"))


def at_once(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end within this process: most of its time as a program is its start."""
    with (
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as errors,
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
        _process_kept(),
        pytest.MonkeyPatch.context() as line,
    ):
        line.setattr(sys, "argv", ["crawler", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(
            arguments, ended.value.code, out.read(), errors.read()
        )  # fmt: skip


def crawl(folder: Path) -> None:
    """Have a folder's configuration crawled to its end at once, for what that leaves."""
    done = at_once("run", "-c", "crawler.yaml", "--until-done", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def _process_kept() -> Iterator[None]:
    """Undo what a verb, above all `run`, sets of a process that it takes for its own."""
    hub, handlers = gevent.get_hub(), {one: signal.getsignal(one) for one in early_signals.HEARD}
    limit, threshold = resource.getrlimit(resource.RLIMIT_NOFILE), gc.get_threshold()
    with pytest.MonkeyPatch.context() as kept:
        kept.setattr(hub, "print_exception", hub.print_exception)
        for name in ("_hears", "_ignores_hangup", "_had_terminal"):
            kept.setattr(early_signals, name, getattr(early_signals, name))
        yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    gc.set_threshold(*threshold)
    resource.setrlimit(resource.RLIMIT_NOFILE, limit)


def fetch(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `crawler fetch` to its end."""
    return crawler("fetch", *arguments, cwd=cwd, **options)


def crawler(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end."""
    return subprocess.run(
        [*CRAWLER, *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=60, check=False, **options,
    )  # fmt: skip
