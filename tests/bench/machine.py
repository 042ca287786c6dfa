"""The machine that is measured on: its cores, its limits, and what is installed on it."""

import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench import interpreter

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
DESCRIPTORS = 65_536
ROOT = Path(__file__).parents[2]
PEERS = os.environ.get("BENCH_PEERS")
"""The virtual environment that Scrapy, aiohttp and the scripts run in; this one by default."""


@contextmanager
def on_cores(*cores: int) -> Iterator[None]:
    """Have this thread, and what it starts, run on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def end_tidily() -> None:
    """Have a TERM unwind what was begun, else files stay in memory and servers on the machine."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def raise_descriptors() -> int:
    """Raise the limit of descriptors for this process and its children; return what it is now."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for wanted in ((DESCRIPTORS, max(hard, DESCRIPTORS)), (hard, hard)):
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, wanted)
            break
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def peers_python() -> str:
    """Return the interpreter of the peers."""
    python = Path(PEERS, "bin", "python") if PEERS else Path(sys.executable)
    if not python.exists():
        sys.exit(f"BENCH_PEERS: there is no {python}")
    return str(python)


def has_module(python: str, module: str) -> bool:
    """Tell whether an interpreter has a module."""
    asked = [python, "-c", f"import importlib.util as u; exit(u.find_spec({module!r}) is None)"]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0


def program(name: str) -> str | None:
    """Return where a program is, also one that Debian hides from users."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def memory_folder(bytes_needed: int, otherwise: Path) -> Path:
    """Return a folder in memory with that much room and as much again, or the other one."""
    shm = Path("/dev/shm")  # noqa: S108  what is made there has a name of its own
    with suppress(OSError):
        if os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2 * bytes_needed:
            return shm
    return otherwise


def file_system(folder: Path) -> str:
    """Return the type of the file system below a folder."""
    found = subprocess.run(
        ["stat", "-f", "-c", "%T", str(folder)], check=False, capture_output=True, text=True
    )
    return found.stdout.strip() or "unknown"


def facts(folder: Path) -> dict[str, object]:
    """Return what a reader of the numbers has to know."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "cores": len(CORES),
        "cpu": _cpu(),
        "kernel": platform.release(),
        "disk": file_system(folder),
        "load_before": load(),
        "python": interpreter.facts(sys.executable),
        "peers_python": interpreter.facts(peers_python()),
        "versions": _versions(),
    }


def load() -> float:
    """Return how many wanted to run in the last minute, on all cores."""
    return round(os.getloadavg()[0], 2)


def _cpu() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    code = (
        "import importlib.metadata as m\n"
        "for name in {names}:\n"
        "    try: print(name, m.version(name))\n"
        "    except m.PackageNotFoundError: pass"
    )
    ours = ["crawlerd", "gevent", "requests", "urllib3", "structlog"]
    theirs = ["Scrapy", "Twisted", "aiohttp", "httpx"]
    for python, names in ((sys.executable, ours), (peers_python(), theirs)):
        told = _output([python, "-c", code.format(names=names)])
        found |= dict(line.split() for line in told.splitlines())
    for name, argument in (
        ("nginx", "-v"), ("curl", "-V"), ("wget", "-V"), ("wget2", "-V"), ("aria2c", "-v"),
    ):  # fmt: skip
        where = program(name)
        words = _output([where, argument]).replace("/", " ").split() if where else []
        number = next((word for word in words if word.lstrip("vV")[:1].isdigit()), "")
        if number:
            found[name] = number.lstrip("vV")
    return found


def _output(command: list[str]) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.stdout or done.stderr
