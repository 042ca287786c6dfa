"""Machines of a test, which root can make on this one: networks and host names of their own."""

import contextlib
import ctypes
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests import real

_LINK = Path(__file__).with_name("link.py")


class Machine:
    """A network and a host name until the end of the block, and whatever runs in them."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> "Machine":
        real.needs_root("make networks")
        self._holder = subprocess.Popen(
            [real.needs("unshare"), "--net", "--uts", "sh", "-c", 'hostname "$0"; echo; exec cat',
             self.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        if not self._holder.stdout.readline():
            real.lacks("needs namespaces of its own: unshare --net --uts")
        self.pid = self._holder.pid
        self.within = [
            "nsenter",
            f"--net=/proc/{self.pid}/ns/net",
            f"--uts=/proc/{self.pid}/ns/uts",
        ]
        """The command that runs another one on this machine."""
        self.run("ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait()

    def run(self, *command: str) -> None:
        """Run a command there to its end."""
        subprocess.run([*self.within, *command], check=True)

    @contextlib.contextmanager
    def network(self) -> Iterator[None]:
        """Let sockets that this process makes in the block be of the machine's network."""
        setns = ctypes.CDLL(None, use_errno=True).setns
        with open("/proc/self/ns/net") as own, open(f"/proc/{self.pid}/ns/net") as its:  # noqa: PTH123
            assert setns(its.fileno(), 0) == 0, ctypes.get_errno()
            try:
                yield
            finally:
                assert setns(own.fileno(), 0) == 0, ctypes.get_errno()

    def has(self, address: str) -> None:
        """Give it an address, or all those of a network by one of them, such as 10.9.0.1/16."""
        self.run("ip", "address", "add", address, "dev", "lo")


def cable(one: Machine, other: Machine, network: str) -> None:
    """Join two machines; they have the addresses 1 and 2 of a network such as 10.9.0."""
    names = {one: f"to-{other.name}", other: f"to-{one.name}"}
    subprocess.run(
        ["ip", "link", "add", names[one], "netns", str(one.pid), "type", "veth",
         "peer", "name", names[other], "netns", str(other.pid)],
        check=True,
    )  # fmt: skip
    for number, (machine, name) in enumerate(names.items(), 1):
        _raise(machine, name, f"{network}.{number}")


def _raise(machine: Machine, name: str, address: str) -> None:
    machine.run("ip", "address", "add", f"{address}/30", "dev", name)
    machine.run("ip", "link", "set", name, "up")


class Link:
    """A slow and lossy link until the end of the block, which `cut` cuts off.

    Args:
        one: The machine with the address 2 of the network; what it sends is late, or lost.
        other: The machine with the address 1.
        network: A network such as 10.9.0.
        delay: Seconds.
        loss: A share.
    """

    def __init__(
        self, one: Machine, other: Machine, network: str, *, delay: float, loss: float
    ) -> None:
        self._ends = {one: f"to-{other.name}", other: f"to-{one.name}"}
        self._network = network
        self._how = [str(delay), str(loss)]

    def __enter__(self) -> "Link":
        ends = [f"{name}@{machine.pid}" for machine, name in self._ends.items()]
        self._relay = subprocess.Popen(
            [sys.executable, str(_LINK), *self._how, *ends],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._relay.stdout.readline(), "the link has not come up"
        for number, (machine, name) in zip((2, 1), self._ends.items(), strict=True):
            _raise(machine, name, f"{self._network}.{number}")
        return self

    def __exit__(self, *_: object) -> None:
        self._relay.stdin.close()
        self._relay.stdout.close()
        self._relay.wait()

    def cut(self) -> None:
        """Lose every packet from now on; again: no more."""
        self._relay.stdin.write(b"\n")
        self._relay.stdin.flush()
