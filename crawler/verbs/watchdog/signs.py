"""What processes say of themselves: datagrams of sd_notify(3), each with the pid of its sender."""

import os
import socket
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import gevent

from crawler.model import Seconds
from crawler.threads import Greenlet

_CREDENTIALS = struct.Struct("3i")
"""Pid, user and group of a sender, which the kernel adds (unix(7), SCM_CREDENTIALS)."""
_WORDS = {b"READY=1", b"WATCHDOG=1"}
"""Words of a process that goes round."""


class Signs:
    """Listens at a socket, and notes when each process last said that it is alive."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._last: dict[int, Seconds] = {}

    def __enter__(self) -> Self:
        """Begin to listen.

        Raises:
            OSError: there can be no socket at that place.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            with suppress(FileNotFoundError):  # of a listener that was killed
                self._place.unlink()
            before = os.umask(0o077)
            try:
                self._socket.bind(str(self._place))
            finally:
                os.umask(before)
        except BaseException:
            self._socket.close()
            raise
        self._reader: Greenlet = gevent.spawn(self._read)
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.kill()
        self._socket.close()
        with suppress(OSError):
            self._place.unlink()

    def silence(self, pid: int, now: Seconds) -> Seconds | None:
        """Return for how many seconds a process has not said that it is alive; None if never."""
        last = self._last.get(pid)
        return None if last is None else now - last

    def keep(self, pids: set[int]) -> None:
        """Forget all other processes: a pid comes again."""
        self._last = {pid: last for pid, last in self._last.items() if pid in pids}

    def _read(self) -> None:
        space = socket.CMSG_SPACE(_CREDENTIALS.size)
        while True:
            words, ancillary, _, _ = self._socket.recvmsg(4096, space)
            if _WORDS & set(words.split(b"\n")):
                for level, kind, data in ancillary:
                    if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                        self._last[_CREDENTIALS.unpack(data)[0]] = time.monotonic()
