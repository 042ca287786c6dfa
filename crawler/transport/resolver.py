"""Names looked up in native threads, each asked for once at a time, the answers remembered.

requests ignores its timeouts while it resolves. Here a dead name waits only for itself. What did
not come in time is no answer: the look-up goes on, and what it finds is remembered when it comes.
"""

import errno
import socket
import time
from collections import OrderedDict
from functools import partial
from ipaddress import ip_address
from typing import Any, NamedTuple, Self

from gevent.lock import Semaphore
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
HANGING_S: Seconds = 60.0
"""After so long a look-up hangs: another of its name may begin beside it, the next one after twice
as long, and so on. So a name is found again, and one that hangs for ever holds few threads."""

ResolvedAddress = tuple[int, str]
"""Address family, and the address as text."""
_Found = tuple[ResolvedAddress, ...] | Trouble

_OUR_LOOKUPS = LOCAL_FAULTS | {errno.EINVAL, socket.EAI_SYSTEM, socket.EAI_MEMORY}
_getaddrinfo = get_original("socket", "getaddrinfo")


class _Asked(NamedTuple):
    """A look-up under way."""

    answer: Any
    """What the thread returns; `wait` waits for it."""
    since: Seconds
    patience: Seconds
    """After so long it hangs."""


class Resolver:
    """Looks names up in native threads and remembers the answers, also the bad ones."""

    def __init__(self, threads: int = LOOKUP_THREADS) -> None:
        self._native = Native(threads)
        self._free = Semaphore(threads)
        self._known: OrderedDict[str, tuple[Seconds, _Found]] = OrderedDict()
        self._asked: dict[str, _Asked] = {}
        """The newest look-up of each name that has no answer yet."""

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
        until, found = self._known.get(name, (0.0, ()))
        if time.monotonic() >= until:
            found = self._ask(name, min(timeout, RESOLVE_TIMEOUT_S))
        if isinstance(found, Trouble):
            raise Trouble(found.kind, found.reason, ours=found.ours)
        return found

    def _ask(self, name: str, timeout: Seconds) -> _Found:
        """Ask once for all visits that want to know the same name.

        What a look-up has taken already counts: who would have given it up by now waits no more.
        """
        until = time.monotonic() + timeout
        if self._is_asked(name) or self._begin(name, timeout):
            asked = self._asked.get(name)
            if asked is None:  # the answer came while a thread was waited for
                return self._known[name][1]
            asked.answer.wait(max(0.0, min(until, asked.since + timeout) - time.monotonic()))
            if asked.answer.ready():
                found: _Found = asked.answer.get()
                return found
        return Trouble(Kind.DNS, f"no answer for {name} within {timeout:g} s")

    def _is_asked(self, name: str) -> bool:
        """Tell whether a look-up is under way that does not hang."""
        asked = self._asked.get(name)
        return asked is not None and time.monotonic() < asked.since + asked.patience

    def _begin(self, name: str, timeout: Seconds) -> bool:
        """Begin a look-up, if nobody else has once a thread is free; False if none is in time."""
        known = self._known.get(name)
        if not self._free.acquire(timeout=timeout):
            return False
        if self._is_asked(name) or self._known.get(name, known) is not known:
            self._free.release()
            return True
        before = self._asked.get(name)
        try:
            answer = self._native.start(_resolve, name)
        except RuntimeError as error:  # this machine has no thread to give
            self._free.release()
            raise Trouble(Kind.LOCAL_IO, f"no look-up of {name}: {error}", ours=True) from error
        except BaseException:
            self._free.release()
            raise
        patience = 2 * before.patience if before else HANGING_S
        asked = self._asked[name] = _Asked(answer, time.monotonic(), patience)
        answer.rawlink(partial(self._answered, name, asked))
        return True

    def _answered(self, name: str, asked: _Asked, answer: Any) -> None:
        """Remember the answer of a name's newest look-up, whoever still waits; runs in the hub."""
        self._free.release()
        if self._asked.get(name) is asked:
            del self._asked[name]
            if answer.successful():
                self._remember(name, answer.value)

    def _remember(self, name: str, found: _Found) -> None:
        if isinstance(found, Trouble) and found.ours:
            return
        fresh_s = FAILURE_FRESH_S if isinstance(found, Trouble) else FRESH_S
        self._known[name] = (time.monotonic() + fresh_s, found)
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
