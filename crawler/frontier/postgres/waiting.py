"""A connection that gives up a server which does not answer.

A server that hangs, or a network that swallows all, ends no connection for minutes, and tells of no
`statement_timeout`.
"""

import sys
import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

from crawler.frontier.sql.held import Patience

T = TypeVar("T")
ANY = Patience()
"""The patience of who does not stop."""
ENDLESS = Patience()
"""The patience of who has a server work for long; that a server is gone the network tells."""
ENDLESS.ends_at = sys.float_info.max
LOOK_S = 0.1
"""Time between two looks whether it is too long."""


class WaitingConnection(psycopg.Connection[Any]):
    """A connection that is closed where an answer takes longer than `patience` bears.

    Its OperationalError then says so.
    """

    patience = ANY

    def wait(self, gen: PQGen[T], interval: float = LOOK_S, timeout: float | None = None) -> T:
        """Wait for an answer."""
        try:
            return super().wait(self._patiently(gen), interval, timeout)
        except _SilentError:
            self.pgconn.finish()  # which leaves it broken: whoever has it opens another one
            raise

    def _patiently(self, gen: PQGen[T]) -> Generator[Any, Any, T]:
        """Wait as a generator of psycopg's does, which hears nothing from time to time."""
        began = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and self.patience.is_over(began, time.monotonic()):
                    waited = time.monotonic() - began
                    raise _SilentError(f"it has not answered for {waited:.0f} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            found: T = end.value
            return found


class _SilentError(psycopg.OperationalError):
    """The server has not answered in time."""
