"""From a name to a connected socket: resolve, guard, race, all within one timeout.

requests tries addresses one after another, each with the whole timeout, and dials whatever a name
leads to. Here the guard looks at the very address that is dialled, so that neither a redirect nor
a name that changes its mind (DNS rebinding) gets past it, and several addresses race (RFC 8305).
"""

import errno
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import zip_longest

import gevent
from gevent.queue import Empty, Queue

from crawler.errors import LOCAL_FAULTS
from crawler.model import Kind, Seconds, Trouble
from crawler.policy.addresses import Network, may_dial
from crawler.threads import Greenlet
from crawler.transport.resolver import ResolvedAddress, Resolver
from crawler.transport.ways import Ways

HEAD_START_S: Seconds = 0.25
"""Head start of an address before the next one is tried too (RFC 8305, section 8)."""

_BIND_ADDRESS_NO_PORT = 24
"""IP_BIND_ADDRESS_NO_PORT of Linux (ip(7)), which Python has a name for since 3.12."""


class Dialer:
    """Connects to hosts for one job; `allowed` is None where the operator named the host."""

    def __init__(
        self, resolver: Resolver, allowed: Sequence[Network] | None, ways: Ways | None = None
    ) -> None:
        self._resolver = resolver
        self._allowed = allowed
        self._ways = ways or Ways()

    def __call__(self, name: str, port: int, timeout: Seconds) -> socket.socket:
        """Return a connected socket.

        Raises:
            Trouble: `dns`, `blocked` or `connect`.
        """
        deadline = time.monotonic() + timeout
        return self.race(self.addresses(name, timeout), port, deadline)

    def race(
        self, addresses: Sequence[ResolvedAddress], port: int, deadline: Seconds
    ) -> socket.socket:
        """Connect to the address that answers first, as `race` does.

        Raises:
            Trouble: `connect`.
        """
        return race(addresses, port, deadline, self._ways.source)

    def addresses(self, name: str, timeout: Seconds) -> list[ResolvedAddress]:
        """Return the addresses of a name that may be dialled, in the order to try them in.

        Raises:
            Trouble: `dns` or `blocked`; there are none.
        """
        addresses = self._ways.addresses(self._resolver, name.strip("[]"), timeout)
        allowed = [address for address in addresses if self._allows(address)]
        if not allowed:
            raise Trouble(
                Kind.BLOCKED,
                f"{name} is at {addresses[0][1]}, which is not a public address; "
                "allow_addresses can allow it",
            )
        return _interleaved(allowed)

    def _allows(self, address: ResolvedAddress) -> bool:
        return self._allowed is None or may_dial(address[1], self._allowed)


def race(
    addresses: Sequence[ResolvedAddress], port: int, deadline: Seconds, source: str | None = None
) -> socket.socket:
    """Connect to the address that answers first; `deadline` is a point on the monotonic clock.

    With a `source` connections come from that address of this machine.

    Raises:
        Trouble: `connect`; none did.
    """
    if len(addresses) == 1:
        return _connected(addresses[0], port, deadline, source)
    results: Queue[socket.socket | Trouble] = Queue()
    runners: list[Greenlet] = []
    waiting = list(addresses)
    try:
        failure, failed = Trouble(Kind.CONNECT, "no address answered in time"), 0
        while failed < len(addresses):
            if waiting:
                runners.append(gevent.spawn(_run, results, waiting.pop(0), port, deadline, source))
            left = max(0.0, deadline - time.monotonic())
            try:
                result = results.get(timeout=min(left, HEAD_START_S) if waiting else left)
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
    results: "Queue[socket.socket | Trouble]",
    address: ResolvedAddress,
    port: int,
    deadline: Seconds,
    source: str | None,
) -> None:
    try:
        results.put(_connected(address, port, deadline, source))
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


def _connected(
    address: ResolvedAddress, port: int, deadline: Seconds, source: str | None
) -> socket.socket:
    family, text = address
    sock = None
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.settimeout(max(0.001, deadline - time.monotonic()))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:
            _leave_from(sock, source)
        sock.connect((text, port))
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


def _leave_from(sock: socket.socket, source: str) -> None:
    """Bind a socket to an address of this machine; the port is found when it connects.

    Raises:
        Trouble: `connect`; the address is gone, which is no fault of the machine as a whole.
    """
    try:
        with suppress(OSError):  # a port of its own each would be 28,000 for all servers together
            sock.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        sock.bind((source, 0))
    except OSError as error:
        sock.close()
        raise Trouble(Kind.CONNECT, f"source_address {source}: {error.strerror}") from error


def _no_ipv6(error: OSError, family: int) -> bool:
    """Tell a machine without IPv6 from one without a free port: both say EADDRNOTAVAIL."""
    return error.errno == errno.EADDRNOTAVAIL and family == socket.AF_INET6


def _interleaved(addresses: Iterable[ResolvedAddress]) -> list[ResolvedAddress]:
    """Alternate the families, beginning with that of the first address (RFC 8305, section 4)."""
    first, other = list[ResolvedAddress](), list[ResolvedAddress]()
    for address in addresses:
        (first if not first or address[0] == first[0][0] else other).append(address)
    return [address for pair in zip_longest(first, other) for address in pair if address]
