"""The upgrade: a server's ledger of an older crawler becomes one of today, a version at a time.

A step is a transaction that nobody else is beside: one that breaks off leaves the ledger as it was.
The way back from a step that is done is what the server's administrator keeps.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

from crawler.frontier.copying import marks
from crawler.frontier.postgres.connection import Connection
from crawler.frontier.postgres.faults import told
from crawler.frontier.postgres.migrations import MIGRATIONS
from crawler.frontier.postgres.opening import alone, session
from crawler.frontier.postgres.versions import has_table, living, version_of
from crawler.frontier.postgres.waiting import ENDLESS
from crawler.frontier.process import Process
from crawler.frontier.sql.tables.ledger import VERSION
from crawler.state_address import StateServer

_STEP = "UPDATE gate SET version = version + 1"


class Upgrade:
    """The upgrade of one ledger on a server."""

    version = VERSION
    """The version that it is brought to."""
    cancelled = False
    """It has no copy to be ended early."""

    def __init__(self, server: StateServer) -> None:
        self._server = server

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: each verb has a connection of its own."""

    def needed(self) -> int | None:
        with self._connected() as db:
            return self._older(db)

    def living(self) -> list[Process]:
        with self._connected() as db:
            return living(db) if self._older(db) is not None else []

    def copy(self) -> Path | None:
        return None

    def step(self) -> bool:
        with self._connected() as db, alone(db):
            db.server.execute("SET LOCAL statement_timeout = 0")  # older ones have ended
            db.server.execute("LOCK TABLE gate IN EXCLUSIVE MODE")
            version = self._older(db)
            if version is None or living(db):
                return False
            for statement in MIGRATIONS[version]:
                db.server.execute(statement)
            db.server.execute(_STEP)
            return version + 1 < self.version

    def _older(self, db: Connection) -> int | None:
        """Return the version of tables that are older; None where there is nothing to do."""
        version = version_of(db)
        if version is None or version >= self.version or has_table(db, marks.COPYING):
            return None
        return version

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        db = session(self._server, ENDLESS)
        with closing(db.server), told(self._server):
            yield db
