"""From a name to a connected socket: resolve, guard, race, all within one timeout.

requests ignores its timeouts while it resolves, tries addresses one after another each with the
whole timeout, and dials whatever a name leads to. Here the look-up runs in native threads of its
own, so that dead names wait only for themselves; the guard looks at the very address that is
dialled, so that neither a redirect nor a name that changes its mind (DNS rebinding) gets past it;
and several addresses race (RFC 8305).
"""

import errno
import socket
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from itertools import zip_longest
from typing import Any, Self

import gevent
from gevent.monkey import get_original
from gevent.queue import Empty, Queue

from crawler.errors import LOCAL_FAULTS
from crawler.model import Kind, Seconds, Trouble
from crawler.policy.addresses import Network, may_dial
from crawler.threads import Greenlet, Native

STAGGER: Seconds = 0.25
"""Head start of an address before the next one is tried too (RFC 8305, section 8)."""
TTL: Seconds = 60.0
NEGATIVE_TTL: Seconds = 15.0
CACHED = 10_000
PATIENCE: Seconds = 10.0
"""Longest wait for a look-up, if the connect timeout is not shorter."""

Place = tuple[int, str]
"""Address family, and the address as text."""

_OUR_LOOKUPS = LOCAL_FAULTS | {errno.EINVAL, socket.EAI_SYSTEM, socket.EAI_MEMORY}
_getaddrinfo = get_original("socket", "getaddrinfo")


class Resolver:
    """Looks names up in native threads and remembers the answers, also the bad ones."""

    def __init__(self, threads: int) -> None:
        self._native = Native(threads)
        self._known: OrderedDict[str, tuple[Seconds, tuple[Place, ...] | Trouble]] = OrderedDict()
        self._asked: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._native.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._native.abandon()  # a look-up that hangs is not waited for

    def lookup(self, name: str, timeout: Seconds) -> tuple[Place, ...]:
        """Return the addresses of a name.

        Raises:
            Trouble: `dns`; there are none, or no answer came in time.
        """
        if literal := _literal(name):
            return (literal,)
        now = time.monotonic()
        until, found = self._known.get(name, (0.0, ()))
        if now >= until:
            found = self._ask(name, min(timeout, PATIENCE))
            self._remember(name, now, found)
        if isinstance(found, Trouble):
            raise Trouble(found.kind, found.reason, ours=found.ours)
        return found

    def _ask(self, name: str, timeout: Seconds) -> tuple[Place, ...] | Trouble:
        """Ask once for everybody who wants to know the same name."""
        timer = gevent.Timeout(timeout)
        try:
            with timer:
                if name not in self._asked:
                    self._asked[name] = self._native.start(_resolve, name)
                found: tuple[Place, ...] | Trouble = self._asked[name].get()
        except gevent.Timeout as error:
            if error is not timer:
                raise
            return Trouble(Kind.DNS, f"no answer for {name} within {timeout:g} s")
        finally:
            self._asked.pop(name, None)
        return found

    def _remember(self, name: str, now: Seconds, found: tuple[Place, ...] | Trouble) -> None:
        if isinstance(found, Trouble) and found.ours:
            return
        ttl = NEGATIVE_TTL if isinstance(found, Trouble) else TTL
        self._known[name] = (now + ttl, found)
        self._known.move_to_end(name)
        if len(self._known) > CACHED:
            self._known.popitem(last=False)


def _literal(name: str) -> Place | None:
    """Return the place that a name is already, being an address."""
    try:
        version = ip_address(name.partition("%")[0]).version
    except ValueError:
        return None
    return (int(socket.AF_INET if version == 4 else socket.AF_INET6), name)


def _resolve(name: str) -> tuple[Place, ...] | Trouble:
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
    places = [(int(family), str(address[0])) for family, *_, address in found]
    return tuple(dict.fromkeys(places))


class Dialer:
    """Connects to hosts for one job; `allowed` is None where the operator named the host."""

    def __init__(self, resolver: Resolver, allowed: Sequence[Network] | None) -> None:
        self._resolver = resolver
        self._allowed = allowed

    def __call__(self, name: str, port: int, timeout: Seconds) -> socket.socket:
        """Return a connected socket.

        Raises:
            Trouble: `dns`, `blocked` or `connect`.
        """
        deadline = time.monotonic() + timeout
        places = self._resolver.lookup(name.strip("[]"), timeout)
        allowed = [place for place in places if self._allows(place)]
        if not allowed:
            raise Trouble(
                Kind.BLOCKED,
                f"{name} is at {places[0][1]}, which is not a public address; "
                "allow_addresses can allow it",
            )
        return race(_interleaved(allowed), port, deadline)

    def _allows(self, place: Place) -> bool:
        return self._allowed is None or may_dial(place[1], self._allowed)


def race(places: Sequence[Place], port: int, deadline: Seconds) -> socket.socket:
    """Connect to whichever address answers first."""
    if len(places) == 1:
        return _connected(places[0], port, deadline)
    results: Queue[socket.socket | Trouble] = Queue()
    runners: list[Greenlet] = []
    waiting = list(places)
    try:
        failure, failed = Trouble(Kind.CONNECT, "no address answered in time"), 0
        while failed < len(places):
            if waiting:
                runners.append(gevent.spawn(_run, results, waiting.pop(0), port, deadline))
            left = max(0.0, deadline - time.monotonic())
            try:
                result = results.get(timeout=min(left, STAGGER) if waiting else left)
            except Empty:
                if left <= 0.0:
                    break
                continue
            if not isinstance(result, Trouble):
                return result
            failure, failed = result, failed + 1
        raise failure
    finally:
        gevent.killall(runners, block=False)
        gevent.spawn(_close_late, runners, results)


def _run(
    results: "Queue[socket.socket | Trouble]", place: Place, port: int, deadline: Seconds
) -> None:
    try:
        results.put(_connected(place, port, deadline))
    except Trouble as trouble:
        results.put(trouble)


def _close_late(runners: Sequence[Greenlet], results: "Queue[socket.socket | Trouble]") -> None:
    """Close the sockets of those who came second."""
    gevent.joinall(list(runners), timeout=1.0)
    with suppress(Empty):
        while True:
            late = results.get_nowait()
            if not isinstance(late, Trouble):
                late.close()


def _connected(place: Place, port: int, deadline: Seconds) -> socket.socket:
    family, address = place
    sock = None
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.settimeout(max(0.001, deadline - time.monotonic()))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((address, port))
    except OSError as error:
        if sock is not None:
            sock.close()
        ours = error.errno in LOCAL_FAULTS and not _no_ipv6(error, family)
        words = error.strerror or "no address answered in time"
        raise Trouble(Kind.LOCAL_IO if ours else Kind.CONNECT, words, ours=ours) from error
    except BaseException:
        if sock is not None:
            sock.close()
        raise
    return sock


def _no_ipv6(error: OSError, family: int) -> bool:
    """Tell a machine without IPv6 from one without a free port: both say EADDRNOTAVAIL."""
    return error.errno == errno.EADDRNOTAVAIL and family == socket.AF_INET6


def _interleaved(places: Iterable[Place]) -> list[Place]:
    """Alternate the families, beginning with that of the first address (RFC 8305, section 4)."""
    first, other = list[Place](), list[Place]()
    for place in places:
        (first if not first or place[0] == first[0][0] else other).append(place)
    return [place for pair in zip_longest(first, other) for place in pair if place]
