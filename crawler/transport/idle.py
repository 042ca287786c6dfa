"""Idle connections: kept for the next request to the same host, within bounds.

Counted for each host and in all, and by age: a server forgets an idle connection after a minute or
so, and a descriptor is better spent on one that is used.
"""

import time
from collections import OrderedDict

from crawler.model import Seconds
from crawler.transport.connection import Connection

MAX_IDLE_PER_HOST = 64
"""Idle connections to one host, unless more visits than that may be under way there."""
MAX_IDLE_S: Seconds = 60.0
"""Longest time without use of one that is used again."""


class IdleConnections:
    """The idle connections of a fetcher, the one that was used last first."""

    def __init__(self, most: int, each: int = MAX_IDLE_PER_HOST, age: Seconds = MAX_IDLE_S) -> None:
        self.bound(most, each)
        self._age = age
        self._all: OrderedDict[Connection, None] = OrderedDict()
        """In the order of their last use, the oldest first."""
        self._by_key: dict[object, list[Connection]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def bound(self, most: int, each: int) -> None:
        """Keep so many in all and to one host; what is beyond is closed when more are put."""
        self._most = most
        self._each = each

    def take(self, key: object) -> Connection | None:
        """Take out the one that was used last; the caller looks whether it still lives."""
        while key in self._by_key:
            connection = self._by_key[key][-1]
            self._remove(connection, -1)
            if time.monotonic() - connection.idle_since <= self._age:
                return connection
            connection.close()
        return None

    def put(self, connection: Connection) -> None:
        """Keep a connection; the ones beyond the bounds are closed, the oldest first."""
        now = connection.idle_since = time.monotonic()
        mates = self._by_key.setdefault(connection.key, [])
        mates.append(connection)
        self._all[connection] = None
        while len(mates) > self._each:
            self._close(mates[0])
        oldest = next(iter(self._all))
        while len(self._all) > self._most or now - oldest.idle_since > self._age:
            self._close(oldest)
            oldest = next(iter(self._all), connection)

    def close(self) -> None:
        """Close them all; more may be put later."""
        while self._all:
            self._close(next(iter(self._all)))

    def _close(self, oldest: Connection) -> None:
        self._remove(oldest, 0)
        oldest.close()

    def _remove(self, connection: Connection, at: int) -> None:
        del self._all[connection]
        mates = self._by_key[connection.key]
        del mates[at]
        if not mates:
            del self._by_key[connection.key]
