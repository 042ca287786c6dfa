"""One run: start commands on their core, read what they print, measure them, check their files."""

import os
import selectors
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.machine import CLIENT_CORE, CORES, on_cores
from tests.bench.payload import Wanted, check
from tests.bench.servers import Server

LIMIT_S = 300.0
"""A run that takes longer is void."""
_LOOK_S = 0.02
_VISIT = b'"event": "visit"'


@dataclass(frozen=True)
class Command:
    """A process of a run."""

    argv: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    good_codes: tuple[int, ...] = (0,)


@dataclass
class Run:
    """What a run measured; `void` says why it does not count."""

    wall_s: float = 0.0
    """The whole process, from its start to its end."""
    work_s: float = 0.0
    """From the first request, as the server saw it, to the last whole file."""
    start_s: float = 0.0
    """From the start of the process to the first request."""
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    server_cpu_s: float = 0.0
    files: int = 0
    """Files that are exactly those of the server."""
    void: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


class Process:
    """A process that is followed."""

    def __init__(self, command: Command, folder: Path, number: int) -> None:
        self._errors = folder / f"errors-{number}"
        with self._errors.open("wb") as errors:
            self.popen = subprocess.Popen(
                list(command.argv),
                cwd=folder,
                env={**os.environ, **command.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        assert self.popen.stdout
        self.output = self.popen.stdout
        os.set_blocking(self.output.fileno(), False)
        self._good_codes = command.good_codes
        self._tail = b""
        self.visits = 0
        self.peak_kb = 0
        self.cpu_s = 0.0
        self.ended_at = 0.0

    def read(self) -> bytes:
        """Read what it printed, and count the visits in it."""
        data = b""
        with suppress(BlockingIOError):
            data = os.read(self.output.fileno(), 1 << 20)
        text = self._tail + data
        self._tail = text[text.rfind(b"\n") + 1 :]
        self.visits += text[: len(text) - len(self._tail)].count(_VISIT)
        return data

    def look(self) -> bool:
        """Note its memory; tell whether it has ended, and then what it took."""
        with suppress(OSError):
            status = Path(f"/proc/{self.popen.pid}/status").read_bytes()
            at = status.find(b"VmHWM:")
            if at >= 0:
                self.peak_kb = max(self.peak_kb, int(status[at + 6 :].split(None, 1)[0]))
        pid, status_word, usage = os.wait4(self.popen.pid, os.WNOHANG)
        if not pid:
            return False
        self.ended_at = time.time()
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.popen.returncode = os.waitstatus_to_exitcode(status_word)
        return True

    def trouble(self) -> str:
        """Say what went wrong, if anything did."""
        if self.popen.returncode in self._good_codes:
            return ""
        said = self._errors.read_text(errors="replace").strip()[-400:]
        return f"exit code {self.popen.returncode}: {said}"


def run(
    commands: Sequence[Command], folder: Path, server: Server, wanted: Wanted, cores: Sequence[int]
) -> Run:
    """Run commands side by side in an empty folder, whose `out` is for their files."""
    (folder / "out").mkdir()
    server.mark()
    server_cpu_s = server.cpu_s()
    begun_at = time.time()
    with on_cores(*cores):
        processes = [Process(command, folder, at) for at, command in enumerate(commands)]
    try:
        late = _follow(processes, begun_at + LIMIT_S)
    finally:
        for process in processes:
            process.output.close()
            if process.popen.returncode is None:
                process.popen.kill()
                process.popen.wait()
    if late:
        return Run(void=f"not done within {LIMIT_S:g} s")
    checked = check(folder / "out", wanted)
    first, last = server.first_request_at(), checked.last
    if first is None or last is None:
        return Run(void=f"no request or no file; {_troubles(processes)}")
    return Run(
        wall_s=max(process.ended_at for process in processes) - begun_at,
        work_s=max(0.001, last - first),
        start_s=first - begun_at,
        cpu_s=sum(process.cpu_s for process in processes),
        peak_mb=max(process.peak_kb for process in processes) / 1000,
        server_cpu_s=server.cpu_s() - server_cpu_s,
        files=checked.whole,
        void="; ".join(filter(None, (checked.problem, _troubles(processes)))),
        extra=_logged(sum(process.visits for process in processes), len(wanted)),
    )


def _logged(visits: int, wanted: int) -> dict[str, Any]:
    """Return how many visits were told, if they were, and how many lines of them were lost."""
    return {"visits_logged": visits, "lines_lost": max(0, wanted - visits)} if visits else {}


def clear(folder: Path) -> Path:
    """Make a folder empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def client_cores(processes: int) -> list[int]:
    """Return the client's core; more processes than one have all of them."""
    return [CLIENT_CORE] if processes == 1 else CORES


def _follow(processes: Sequence[Process], deadline: float) -> bool:
    """Read and look until all have ended; tell whether they took too long."""
    going = set(processes)
    with selectors.DefaultSelector() as selector:
        for process in processes:
            selector.register(process.output, selectors.EVENT_READ, process)
            selector.register(os.pidfd_open(process.popen.pid), selectors.EVENT_READ, process)
        try:
            while going and time.time() < deadline:
                _read_some(selector)
                going -= {process for process in going if process.look()}
        finally:
            for key in list(selector.get_map().values()):
                if isinstance(key.fileobj, int):
                    os.close(key.fileobj)
    for process in processes:
        while process.read():
            pass
    return bool(going)


def _read_some(selector: selectors.BaseSelector) -> None:
    """Read what there is; a short pause gathers lines, to leave the server its core."""
    ready = selector.select(_LOOK_S)
    for key, _ in ready:
        if not isinstance(key.fileobj, int) and not key.data.read():
            selector.unregister(key.fileobj)  # its end
    if not any(isinstance(key.fileobj, int) for key, _ in ready):
        time.sleep(0.003)


def _troubles(processes: Sequence[Process]) -> str:
    return "; ".join(filter(None, (process.trouble() for process in processes)))
