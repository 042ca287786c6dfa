"""The gate: what every transaction that writes takes first, and how long it is waited for.

In its exclusive mode one writer is there at a time, as it is with a file; verbs that are safe
beside each other take it in a shared one.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import errors

from crawler.errors import LocalFaultError
from crawler.frontier.postgres.connection import Connection
from crawler.frontier.sql.held import Patience
from crawler.model import Seconds

LOCK_WAIT_S: Seconds = 15.0
"""How long another process may hold the ledger before that is a fault."""
_ALONE = "LOCK TABLE gate IN EXCLUSIVE MODE"
_BESIDE = "LOCK TABLE gate IN ROW EXCLUSIVE MODE"
_WAITED = (errors.LockNotAvailable, errors.QueryCanceled)
"""What a verb fails with that was not let through."""


class Gate:
    """Takes the gate for the verbs of a process, one after the other."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._asked = False
        """Whether the verb under way has asked for the gate."""

    def enter(self, db: Connection, *, alone: bool) -> None:
        """Take it; it is waited for as long as any lock, or until a stop is near."""
        now = time.monotonic()
        self.patience.since, self._asked = self.patience.since or now, True
        if self.patience.ends_at < now + LOCK_WAIT_S:
            left = max(0.001, self.patience.ends_at - now)
            db.server.execute(f"SET LOCAL lock_timeout = '{left * 1000:.0f}ms'")
        db.alone = alone
        db.server.execute(_ALONE if alone else _BESIDE)

    @contextmanager
    def asked_for(self) -> Iterator[None]:
        """Note at the end of a verb that it was let through; in a pipeline nobody hears before."""
        self._asked = waited = False
        try:
            yield
        except LocalFaultError as error:
            waited = isinstance(error.__cause__, _WAITED)
            raise
        finally:
            if self._asked and not waited:
                self.patience.since = 0.0
