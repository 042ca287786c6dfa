"""Signals from the first instruction on, and a HUP in all that it may mean."""

import ctypes
import fcntl
import os
import pty
import signal
import subprocess
import termios
from pathlib import Path

import pytest

from tests.program import CRAWLER, Daemon, crawler, until, write_config
from tests.servers import Site, slow
from tests.web import Web

SLOW_GEVENT = """
import os, sys
open(os.environ["GATE"]).read()
sys.path.remove(os.path.dirname(os.path.dirname(__file__)))
del sys.modules["gevent"]
import gevent
"""
"""A gevent that waits for a pipe before it is imported."""


@pytest.fixture
def site():
    with Site(slow(0.01)) as one:
        yield one


@pytest.fixture
def gate(tmp_path):
    """A pipe that the import of gevent waits for, and the environment that makes it so."""
    (tmp_path / "first" / "gevent").mkdir(parents=True)
    (tmp_path / "first" / "gevent" / "__init__.py").write_text(SLOW_GEVENT)
    os.mkfifo(tmp_path / "gate")
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join([str(tmp_path / "first"), root])
    return tmp_path / "gate", {"PYTHONPATH": path, "GATE": str(tmp_path / "gate")}


def open_gate(gate: Path) -> None:
    with gate.open("w"):
        pass


def handlers(pid: int, kind: str = "SigCgt") -> set[signal.Signals]:
    """Return the signals that a process catches, or ignores (proc(5): a mask in hex)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = int(next(line for line in lines if line.startswith(kind)).split()[1], 16)
    return {one for one in signal.Signals if mask >> (one - 1) & 1}


def test_a_signal_that_comes_to_another_thread_of_an_idle_process_is_heard_at_once(tmp_path):
    """As does one that comes just before the loop waits, it runs no instruction of Python there."""
    config = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"]}])
    with Web(config, GEVENT_MONITOR_THREAD_ENABLE="") as web:
        assert web.ask("GET", "/readyz").status == 503, "there is no ledger yet"
        pid = web.process.pid
        threads = {int(one.name) for one in Path(f"/proc/{pid}/task").iterdir()} - {pid}
        assert ctypes.CDLL(None).tgkill(pid, min(threads), signal.SIGTERM) == 0
        assert web.process.wait(10) == 0


def test_hup_and_usr2_before_anything_is_loaded_are_acted_on_later(site, tmp_path, gate):
    pipe, environment = gate
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-3]"]}])
    with Daemon(config, **environment) as daemon:
        until(lambda: signal.SIGUSR2 in handlers(daemon.process.pid), "not heard", daemon)
        daemon.signal(signal.SIGHUP)
        daemon.signal(signal.SIGUSR2)
        open_gate(pipe)
        daemon.wait_for("signal.ignored", signal="SIGUSR2")
        daemon.wait_for("config.reloaded")
        assert daemon.stop() == 0


def test_term_before_anything_is_loaded_ends_the_daemon_with_0_and_no_visit(site, tmp_path, gate):
    pipe, environment = gate
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-3]"]}])
    with Daemon(config, **environment) as daemon:
        until(lambda: signal.SIGTERM in handlers(daemon.process.pid), "not heard", daemon)
        daemon.signal(signal.SIGTERM)
        open_gate(pipe)
        assert daemon.wait() == 0
        assert daemon.told("daemon.stopped")
    assert not site.paths()


def test_other_verbs_do_with_signals_what_programs_do(tmp_path, gate):
    _, environment = gate
    with subprocess.Popen(
        [*CRAWLER, "schema"], env={**os.environ, **environment}, stdout=subprocess.PIPE
    ) as schema:
        status = Path(f"/proc/{schema.pid}/wchan")
        until(lambda: "fifo" in status.read_text() or "wait" in status.read_text(), "not begun")
        schema.send_signal(signal.SIGHUP)
        assert schema.wait(10) == -signal.SIGHUP


def test_a_hup_that_is_ignored_at_the_start_stays_ignored(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-3]"]}])
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Daemon(config) as daemon:
            daemon.wait_for("signal.ignored", signal="SIGHUP")
            daemon.wait_for("daemon.ready")
            assert signal.SIGHUP in handlers(daemon.process.pid, "SigIgn")
            told = crawler("reload", "-c", str(config), cwd=tmp_path)
            assert told.returncode == 1
            assert f"process {daemon.process.pid} ignores HUP" in told.stdout
            assert daemon.stop() == 0
    finally:
        signal.signal(signal.SIGHUP, before)


class OnTerminal(Daemon):
    """A daemon whose controlling terminal is ours to close."""

    def __enter__(self) -> "OnTerminal":
        self.master, slave = pty.openpty()

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        options = {"preexec_fn": take_terminal, "pass_fds": [slave]}
        with pytest.MonkeyPatch.context() as patch:
            popen = subprocess.Popen
            patch.setattr(subprocess, "Popen", lambda *a, **k: popen(*a, **k, **options))
            super().__enter__()
        os.close(slave)
        return self


def test_hup_reloads_while_the_terminal_is_there_and_drains_when_it_is_gone(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-3]"]}])
    with OnTerminal(config) as daemon:
        daemon.wait_for("daemon.ready")
        daemon.signal(signal.SIGHUP)
        daemon.wait_for("config.reloaded")
        os.close(daemon.master)
        assert daemon.wait_for("daemon.draining")["cause"] == "SIGHUP: its terminal is gone"
        assert daemon.wait() == 0


def test_fetch_goes_on_when_it_is_told_to_hang_up_and_its_terminal_is_there(tmp_path):
    with Site(slow(1.0)) as site:
        process = subprocess.Popen(
            [*CRAWLER, "fetch", f"{site.url}/1", "-o", str(tmp_path / "out")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        with process:
            until(site.paths, "no visit")
            process.send_signal(signal.SIGHUP)
            until(lambda: process.poll() is not None, "it does not end")
            assert process.returncode == 0, process.stderr.read()
