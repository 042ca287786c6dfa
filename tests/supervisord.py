"""The shipped supervisord.conf under a real supervisord, on a copy of what it names."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xmlrpc.client import ServerProxy

import gevent
import psutil
from supervisor.xmlrpc import SupervisorTransport

from tests.program import until

HERE = Path(__file__).parents[1]
SUPERVISORD = [sys.executable, "-m", "supervisor.supervisord"]


class Supervisord:
    """supervisord on a copy of the shipped file, which names a checkout by %(here)s."""

    def __init__(
        self,
        folder: Path,
        config: Path,
        *,
        environment: Mapping[str, str] | None = None,
        **options: int,
    ) -> None:
        self.folder = folder
        shutil.copytree(HERE / "config", folder / "config")
        (folder / ".venv/bin").mkdir(parents=True)
        program = folder / ".venv/bin/crawler"
        settings = "".join(f"{name}='{value}' " for name, value in (environment or {}).items())
        command = f'exec env {settings}{sys.executable} -m crawler "$@"'
        program.write_text(f"#!/bin/sh\n{command}\n")
        program.chmod(0o755)
        text = (HERE / "supervisord.conf").read_text()
        for name, value in options.items():
            text, found = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
            assert found >= 1
        assert text.count("127.0.0.1:8640") == 2
        text = text.replace("127.0.0.1:8640", "127.0.0.1:0")  # other tests have one, too
        text = text.replace("%(here)s/config/crawler.yaml", str(config))
        (folder / "supervisord.conf").write_text(text)

    def __enter__(self) -> "Supervisord":
        self.process = subprocess.Popen(
            [*SUPERVISORD, "-n", "-c", str(self.folder / "supervisord.conf")],
            cwd=self.folder, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        address = str(self.folder / "supervisor.sock")
        until(lambda: _listens(address), "supervisord does not answer")
        self.transport = SupervisorTransport(None, None, f"unix://{address}")
        self.rpc = ServerProxy("http://127.0.0.1", transport=self.transport).supervisor
        return self

    def __exit__(self, *_: object) -> None:
        self.transport.close()
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        with gevent.Timeout(60):
            self.process.wait()
        psutil.wait_procs(family, timeout=10)

    def state(self, number: int = 0) -> str:
        return self.info(number)["statename"]

    def info(self, number: int = 0) -> dict:
        return self.rpc.getProcessInfo(f"crawler:crawler_{number:02d}")

    def wait_for(self, state: str, number: int = 0) -> None:
        until(lambda: self.state(number) == state, f"never {state}")

    def log(self) -> str:
        return (self.folder / "supervisord.log").read_text()

    def told(self, number: int = 0) -> str:
        return (self.folder / f"crawler_{number:02d}.log").read_text()


def _listens(address: str) -> bool:
    """Tell whether somebody listens at a socket: its file is there before that."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(address) == 0
