"""A slow and lossy link between two network namespaces, in user space; few kernels have netem.

Run as `link.py DELAY LOSS NAME@PID NAME@PID`: it makes a TUN device of a name in the namespace of
each process, prints a line once both are there, and passes packets on until its input ends. From
the first to the second they take DELAY seconds, and the share LOSS of them is lost; the other way
they pass at once. A byte of input cuts the link off, the next one mends it.
"""

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time

_TUNSETIFF = 0x400454CA
_TUN = 0x1001
"""IFF_TUN | IFF_NO_PI: packets alone."""
_LONGEST = 65_536
_IDLE_S = 60.0


def device(where: str) -> int:
    """Make a device `NAME@PID`; return its descriptor."""
    name, _, pid = where.partition("@")
    with open(f"/proc/{pid}/ns/net") as namespace:  # noqa: PTH123
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0):
            raise OSError(ctypes.get_errno(), f"setns {where}")
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _TUN))
    return descriptor


def run(delay: float, loss: float, slow: int, fast: int) -> None:
    """Pass packets on between two devices until the input ends."""
    chance = random.Random(16)
    late: list[tuple[float, int, bytes]] = []
    number, cut = 0, False
    while True:
        wait = max(0.0, late[0][0] - time.monotonic()) if late else _IDLE_S
        ready, _, _ = select.select([slow, fast, 0], [], [], wait)
        if 0 in ready:
            if not os.read(0, 1):
                return
            cut, late = not cut, []
        for source in set(ready) - {0}:
            packet = os.read(source, _LONGEST)
            if cut or (source == slow and chance.random() < loss):
                continue
            number += 1
            if source == slow:
                heapq.heappush(late, (time.monotonic() + delay, number, packet))
            else:
                send(slow, packet)
        while late and late[0][0] <= time.monotonic():
            send(fast, heapq.heappop(late)[2])


def send(device: int, packet: bytes) -> None:
    """Hand a packet over; a device that is down or full loses it, as a network does."""
    with contextlib.suppress(OSError):
        os.write(device, packet)


if __name__ == "__main__":
    devices = [device(where) for where in sys.argv[3:5]]
    print("ready", flush=True)
    run(float(sys.argv[1]), float(sys.argv[2]), *devices)
