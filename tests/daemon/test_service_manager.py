"""The daemon speaks to the service manager that started it, which is a socket of the test."""

import os
import signal
import socket
import time

import gevent
import psutil
import pytest

from tests.program import Daemon, until, write_config
from tests.servers import Site, slow

WATCHDOG_S = 2.0


class Heard:
    """A service manager that notes what it is told, line by line, and when."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.lines: list[str] = []
        self.pings: list[float] = []

    def __enter__(self) -> "Heard":
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address.replace("@", "\0", 1))
        self.reader = gevent.spawn(self._read)
        return self

    def __exit__(self, *_: object) -> None:
        self.reader.kill()
        self.socket.close()

    def _read(self) -> None:
        while True:
            for line in self.socket.recv(4096).decode().split("\n"):
                self.lines.append(line)
                if line == "WATCHDOG=1":
                    self.pings.append(time.monotonic())


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path_factory):
    """A service manager, at a socket in a folder and at one without a name in any."""
    folder = tmp_path_factory.mktemp("n")
    address = f"@crawlerd-{os.getpid()}" if request.param == "abstract" else str(folder / "notify")
    with Heard(address) as heard:
        yield heard


def environment(heard: Heard, watchdog_s: float = WATCHDOG_S) -> dict[str, str]:
    return {"NOTIFY_SOCKET": heard.address, "WATCHDOG_USEC": f"{watchdog_s * 1e6:.0f}"}


def test_a_daemon_tells_its_service_manager_of_its_life_from_ready_to_stopping(tmp_path, manager):
    with Site(slow(0.01)) as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-3]"]}])
        with Daemon(config, **environment(manager)) as daemon:
            until(lambda: "READY=1" in manager.lines, "not ready", daemon)
            daemon.wait_for("daemon.ready")

            daemon.signal(signal.SIGHUP)
            daemon.wait_for("config.reloaded")
            until(lambda: manager.lines.count("READY=1") == 2, "its reload has no end", daemon)
            begun = manager.lines.index("RELOADING=1")
            assert manager.lines[begun + 1].startswith("MONOTONIC_USEC=")
            assert manager.lines[begun:].index("READY=1") > 0

            until(lambda: len(manager.pings) >= 4, "its loop does not go round", daemon)
            gaps = [b - a for a, b in zip(manager.pings[1:], manager.pings[2:], strict=False)]
            assert all(0.4 * WATCHDOG_S < gap < 0.9 * WATCHDOG_S for gap in gaps), gaps

            assert daemon.stop() == 0
            until(lambda: "STOPPING=1" in manager.lines, "its drain was not told")
            assert "READY=1" not in manager.lines[manager.lines.index("STOPPING=1") :]


def test_a_daemon_that_hangs_says_no_more_that_it_is_alive(tmp_path, manager):
    config = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"]}])
    with Daemon(config, **environment(manager, 0.5)) as daemon:
        until(lambda: len(manager.pings) >= 3, "never alive", daemon)
        daemon.signal(signal.SIGSTOP)
        stopped = psutil.Process(daemon.process.pid)
        until(lambda: stopped.status() == psutil.STATUS_STOPPED, "it goes on")
        said = len(manager.pings) + 1  # perhaps one that is not read yet
        with pytest.raises(AssertionError, match="hangs"):
            until(lambda: len(manager.pings) > said, "hangs", patience=1.5)
        daemon.signal(signal.SIGCONT)
        until(lambda: len(manager.pings) > said, "never alive again", daemon)


def test_a_daemon_that_waits_for_its_ledger_is_alive_and_says_what_for(tmp_path, manager):
    config = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"]}],
                          state="postgresql://127.0.0.1:1/nothing")  # fmt: skip
    with Daemon(config, **environment(manager, 1.0)) as daemon:
        daemon.wait_for("daemon.waiting")
        until(lambda: len(manager.pings) >= 4, "counts as hung while it waits", daemon)
        assert any(line.startswith("STATUS=waiting: ") for line in manager.lines)
        assert "READY=1" not in manager.lines
        assert daemon.stop() == 0


def test_words_for_another_process_or_for_nobody_are_not_spoken(tmp_path, manager):
    config = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"]}])
    with Daemon(config, **environment(manager, 0.2), WATCHDOG_PID="1") as daemon:
        until(lambda: "READY=1" in manager.lines, "not ready", daemon)
        daemon.wait_for("visit")
        assert daemon.stop() == 0
    assert not manager.pings
    for nobody in ("/nowhere/at/all", "vsock:2:1", ""):
        with Daemon(config, NOTIFY_SOCKET=nobody, WATCHDOG_USEC="1000") as daemon:
            daemon.wait_for("daemon.ready")
            assert daemon.stop() == 0


def test_no_program_of_a_list_speaks_for_the_daemon(tmp_path, manager):
    told = tmp_path / "told"
    command = ["sh", "-c", 'env > "$0"', str(told)]
    config = write_config(tmp_path, [{"name": "j", "command": command}])
    with Daemon(config, **environment(manager)) as daemon:
        daemon.wait_for("job.synced")
        assert daemon.stop() == 0
    said = told.read_text()
    assert "PATH=" in said
    assert "NOTIFY_SOCKET" not in said
    assert "WATCHDOG" not in said
