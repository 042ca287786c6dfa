"""Names looked up in native threads, each asked for once at a time, the answers remembered.

requests ignores its timeouts while it resolves. Here a dead name waits only for itself.
"""

import errno
import socket
import time
from collections import OrderedDict
from ipaddress import ip_address
from typing import Any, Self

import gevent
from gevent.monkey import get_original

from crawler.errors import LOCAL_FAULTS
from crawler.model import Kind, Seconds, Trouble
from crawler.threads import Native

FRESH_S: Seconds = 60.0
"""How long the addresses of a name are remembered."""
FAILURE_FRESH_S: Seconds = 15.0
"""How long it is remembered that a name has none."""
MAX_NAMES = 10_000
"""Names remembered."""
LOOKUP_THREADS = 256
"""Names looked up at once: one that hangs keeps its thread long after its visit has ended."""
RESOLVE_TIMEOUT_S: Seconds = 10.0
"""Longest wait for a look-up, if the connect timeout is not shorter."""

ResolvedAddress = tuple[int, str]
"""Address family, and the address as text."""
_Found = tuple[ResolvedAddress, ...] | Trouble

_OUR_LOOKUPS = LOCAL_FAULTS | {errno.EINVAL, socket.EAI_SYSTEM, socket.EAI_MEMORY}
_getaddrinfo = get_original("socket", "getaddrinfo")


class Resolver:
    """Looks names up in native threads and remembers the answers, also the bad ones."""

    def __init__(self, threads: int = LOOKUP_THREADS) -> None:
        self._native = Native(threads)
        self._known: OrderedDict[str, tuple[Seconds, _Found]] = OrderedDict()
        self._asked: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._native.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._native.abandon()  # a look-up that hangs is not waited for

    def lookup(self, name: str, timeout: Seconds) -> tuple[ResolvedAddress, ...]:
        """Return the addresses of a name.

        Raises:
            Trouble: `dns`; there are none, or no answer came in time.
        """
        if address := literal(name):
            return (address,)
        now = time.monotonic()
        until, found = self._known.get(name, (0.0, ()))
        if now >= until:
            found = self._ask(name, min(timeout, RESOLVE_TIMEOUT_S))
            self._remember(name, now, found)
        if isinstance(found, Trouble):
            raise Trouble(found.kind, found.reason, ours=found.ours)
        return found

    def _ask(self, name: str, timeout: Seconds) -> _Found:
        """Ask once for all visits that want to know the same name."""
        timer = gevent.Timeout(timeout)
        try:
            with timer:
                if name not in self._asked:
                    self._asked[name] = self._native.start(_resolve, name)
                found: _Found = self._asked[name].get()
        except gevent.Timeout as error:
            if error is not timer:
                raise
            return Trouble(Kind.DNS, f"no answer for {name} within {timeout:g} s")
        finally:
            self._asked.pop(name, None)
        return found

    def _remember(self, name: str, now: Seconds, found: _Found) -> None:
        if isinstance(found, Trouble) and found.ours:
            return
        fresh_s = FAILURE_FRESH_S if isinstance(found, Trouble) else FRESH_S
        self._known[name] = (now + fresh_s, found)
        self._known.move_to_end(name)
        if len(self._known) > MAX_NAMES:
            self._known.popitem(last=False)


def literal(name: str) -> ResolvedAddress | None:
    """Return the address that a name is already, being an address."""
    try:
        version = ip_address(name.partition("%")[0]).version
    except ValueError:
        return None
    return (int(socket.AF_INET if version == 4 else socket.AF_INET6), name)


def _resolve(name: str) -> _Found:
    """Look a name up; in a native thread.

    Out of descriptors, getaddrinfo says EINVAL or a system error (gevent issue 1776).
    """
    try:
        found = _getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        return Trouble(Kind.DNS, f"{name} is no name: {error}")
    except OSError as error:
        ours = error.errno in _OUR_LOOKUPS
        words = error.strerror or str(error)
        if ours:
            return Trouble(Kind.LOCAL_IO, f"no look-up of {name}: {words}", ours=True)
        return Trouble(Kind.DNS, f"{name} has no address: {words}")
    addresses = [(int(family), str(sockaddr[0])) for family, *_, sockaddr in found]
    return tuple(dict.fromkeys(addresses))
