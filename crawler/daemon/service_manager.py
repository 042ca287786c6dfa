"""The service manager that started the daemon is told how it is, by the protocol of sd_notify(3).

It listens at the socket that NOTIFY_SOCKET names, and takes a daemon for hung of which it does not
hear for WATCHDOG_USEC: systemd, or `crawler watchdog` beside supervisord.
"""

import os
import socket
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress

import gevent

from crawler.model import Seconds


class ServiceManager:
    """Who started the daemon; nobody, where `address` is empty. No word to it waits or fails."""

    def __init__(self, address: str = "", silence: Seconds = 0.0) -> None:
        """Note where words go, and which `silence` in seconds counts as a hang; 0 for none."""
        self._address = address
        self._interval = silence / 2
        self._next_at: Seconds = 0.0
        self._stops = False
        # opened here and kept: a daemon that is out of descriptors is alive, too
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if address else None
        if self._socket:
            self._socket.setblocking(False)  # noqa: FBT003

    def ready(self) -> None:
        """Tell that it is up, or that a reload is over."""
        if not self._stops:
            self._tell("READY=1", "STATUS=running")

    def waiting(self, cause: str) -> None:
        """Tell what its start waits for."""
        self._tell(f"STATUS=waiting: {' '.join(cause.split())}")

    def reloading(self) -> None:
        """Tell that a reload begins; the time is what systemd wants with it."""
        if not self._stops:
            began = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self._tell("RELOADING=1", f"MONOTONIC_USEC={began}", "STATUS=reloading")

    def stopping(self) -> None:
        """Tell that a drain begins; whatever ends later is no news."""
        self._stops = True
        self._tell("STOPPING=1", "STATUS=draining")

    def alive(self, now: Seconds) -> None:
        """Tell that the caller goes round, at a monotonic time; every call may say so, few do."""
        if self._interval and now >= self._next_at:
            self._next_at = now + self._interval
            self._tell("WATCHDOG=1")

    @contextmanager
    def going_round(self) -> Iterator[None]:
        """Tell that the event loop goes round, where the supervisor is not there yet to say it."""
        if not self._interval:
            yield
            return
        teller = gevent.spawn(self._go_round)
        try:
            yield
        finally:
            teller.kill()

    def _go_round(self) -> None:
        while True:
            self.alive(time.monotonic())
            gevent.sleep(self._interval / 4)

    def _tell(self, *words: str) -> None:
        if self._socket:
            with suppress(OSError):  # nobody listens, or too slowly: nothing hangs on it
                self._socket.sendto("\n".join(words).encode(), self._address)


def service_manager(environment: MutableMapping[str, str] = os.environ) -> ServiceManager:
    """Return who started this process, and take its words out: no child speaks for the daemon."""
    address = environment.pop("NOTIFY_SOCKET", "")
    silence = environment.pop("WATCHDOG_USEC", "")
    process = environment.pop("WATCHDOG_PID", "")
    if not address.startswith(("/", "@")):
        return ServiceManager()
    is_meant = process in {"", str(os.getpid())} and silence.isdecimal()
    place = (
        f"\0{address[1:]}" if address.startswith("@") else address
    )  # abstract, as unix(7) has it
    return ServiceManager(place, int(silence) / 1e6 if is_meant else 0.0)
