"""The identity of a process, which a later process with the same pid does not share."""

import os
import socket
from pathlib import Path

from crawler.model import Seconds
from crawler.value import value

PROC = Path("/proc")
"""Where Linux tells of processes; other systems have no such folder."""


@value
class Process:
    """A process of the crawler on some machine."""

    machine: str
    """Host name, boot and pid namespace: pids compare only within one of these."""
    pid: int
    born: str
    """Start time in clock ticks since boot, which a reused pid does not share; '' if not known."""

    def is_gone(self, machine: str) -> bool:
        """Tell whether it has certainly ended; of another machine only its lease can tell."""
        if self.machine != machine:
            return False
        born = _born(self.pid)
        return born == "" or (born is not None and bool(self.born) and born != self.born)

    def lives(self, machine: str) -> bool:
        """Tell whether it is certainly alive."""
        return self.machine == machine and bool(self.born) and _born(self.pid) == self.born

    def may_live(self, machine: str, lease_until: Seconds, now: Seconds) -> bool:
        """Tell whether it counts as alive: of another machine its lease tells."""
        return self.lives(machine) or (not self.is_gone(machine) and lease_until >= now)


def host_name(machine: str) -> str:
    """Return the name by which people know a `Process.machine`."""
    return machine.partition(" ")[0]


def current() -> Process:
    """Return the process that calls."""
    return Process(_machine(), os.getpid(), _born(os.getpid()) or "")


def _machine() -> str:
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = str((PROC / "self/ns/pid").readlink())
    except OSError:  # no Linux: the name alone has to do
        boot = namespace = ""
    return f"{socket.gethostname()} {boot} {namespace}".strip()


def _born(pid: int) -> str | None:
    """Return the start time of a living process, "" if there is none, None if that is unknown.

    It is unknown where this process is out of descriptors: that must not pass for a death.
    """
    try:
        fields = (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "" if (PROC / "self/stat").exists() else _born_without_proc(pid)
    except OSError:
        return None
    return "" if fields[0] in {"Z", "X"} else fields[19]


def _born_without_proc(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"
