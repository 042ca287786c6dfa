"""Requests as they arrive at a machine, by the kernel's own clock: no greenlet's delay is in it."""

import socket
import struct
from collections import defaultdict
from itertools import pairwise

import gevent

from tests.rigs.machines import Machine

_TIMESTAMPNS = 35
"""SO_TIMESTAMPNS of Linux, which Python has no name for."""
_BUFFER = 64 << 20
_TCP = 6
_RCVBUFFORCE = 33


class Wire:
    """What arrives at a machine until the end of the block: requests by the address asked."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.arrivals: dict[str, list[float]] = defaultdict(list)
        """Wall times of the kernel, in seconds."""

    def __enter__(self) -> "Wire":
        with self._machine.network():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.ntohs(0x800))
        self._socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, _BUFFER)
        self._reader = gevent.spawn(self._read)
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.kill()
        self._socket.close()

    def gaps(self) -> list[float]:
        """Return all gaps between two requests to one address."""
        return [b - a for times in self.arrivals.values() for a, b in pairwise(sorted(times))]

    def shorter(self, least: float) -> list[tuple[float, str, float]]:
        """Return gaps that are shorter, each with its address and the wall time of its end."""
        found = (
            (b - a, address, b)
            for address, times in self.arrivals.items()
            for a, b in pairwise(sorted(times))
        )
        return sorted(one for one in found if one[0] < least)

    def number(self, begin: float, end: float) -> int:
        """Return how many requests arrived between two wall times."""
        return sum(begin <= at < end for times in self.arrivals.values() for at in times)

    def _read(self) -> None:
        while True:
            packet, more, _, (_, _, kind, *_) = self._socket.recvmsg(2048, 64)
            if kind == socket.PACKET_HOST and (address := _asked(packet)):
                (_, _, stamp) = more[0]
                seconds, nanoseconds = struct.unpack("qq", stamp)
                self.arrivals[address].append(seconds + nanoseconds / 1e9)


def _asked(packet: bytes) -> str | None:
    """Return the address that a packet asks for a page; None where it does not."""
    head = (packet[0] & 15) * 4
    if packet[9] != _TCP:
        return None
    body = packet[head + (packet[head + 12] >> 4) * 4 :]
    return socket.inet_ntoa(packet[16:20]) if body.startswith(b"GET ") else None
