"""Which of several proxies a host is asked by: it keeps one while that is well. Pure.

Hosts are spread by rendezvous hashing (Thaler and Ravishankar, "Using Name-Based Mappings to
Increase Hit Rates", 1998): where a proxy fails or leaves the list its hosts alone go
elsewhere, and come back. One that fails is passed by for a while, which doubles while it goes on
failing.
"""

from collections.abc import Sequence
from hashlib import blake2b

from crawler.model import Seconds
from crawler.value import mutable

FIRST_REST_S: Seconds = 30.0
MAX_REST_S: Seconds = 1800.0
"""Shortest and longest time for which a proxy is passed by after a failure."""


@mutable
class _Rest:
    until: Seconds
    length: Seconds


class ProxyHealth:
    """What a process knows of its proxies; times are of the monotonic clock."""

    def __init__(self) -> None:
        self._rests: dict[str, _Rest] = {}

    def order(self, proxies: Sequence[str], host: str, now: Seconds) -> list[str]:
        """Return proxies in the order in which they are tried for a host.

        Those that rest come last, the one that rests longest at the end: where none is well, one
        is tried all the same.
        """
        return sorted(proxies, key=lambda one: (self._left(one, now), _weight(one, host)))

    def failed(self, proxy: str, now: Seconds) -> bool:
        """Note that a proxy cannot be used; tell whether that is news."""
        rest = self._rests.get(proxy)
        if rest and now < rest.until:  # visits that were under way as well
            return False
        length = min(rest.length * 2, MAX_REST_S) if rest else FIRST_REST_S
        self._rests[proxy] = _Rest(now + length, length)
        return rest is None

    def well(self, proxy: str) -> bool:
        """Note that a proxy can be used; tell whether that is news."""
        return self._rests.pop(proxy, None) is not None

    def _left(self, proxy: str, now: Seconds) -> Seconds:
        rest = self._rests.get(proxy)
        return max(0.0, rest.until - now) if rest else 0.0


def _weight(proxy: str, host: str) -> bytes:
    return blake2b(f"{proxy}\n{host}".encode(), digest_size=8).digest()
