"""The frontier of many machines: a schema of a PostgreSQL server, shared by their processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from crawler.frontier import values
from crawler.frontier.answers import Soundness
from crawler.frontier.clock import AnyClocks
from crawler.frontier.postgres.account import account
from crawler.frontier.postgres.backup import backup
from crawler.frontier.postgres.clock import ServerClocks
from crawler.frontier.postgres.transactions import Transactions
from crawler.frontier.postgres.versions import is_ours
from crawler.frontier.questions import AboutServer, Integrity, Question
from crawler.frontier.sql.engine import SqlFrontier
from crawler.frontier.sql.engine_desk import Answer
from crawler.frontier.sql.held import Patience
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.visits import beats, hearing
from crawler.frontier.wishes import Heard
from crawler.policy.course import Reading
from crawler.state_address import StateServer


class _Ear:
    """Hears of wishes by a connection of its own, which reads alone: it waits for no verb."""

    def __init__(self, server: StateServer, patience: Patience) -> None:
        self._file = Transactions(server, readonly=True, patience=patience)

    def open(self) -> None:
        """Open the connection; one that is lost is opened anew when it is asked next.

        Raises:
            LocalFaultError, StateError: it cannot be opened.
        """
        self._file.open()

    def close(self) -> None:
        """Close it."""
        self._file.close()

    def hear(self, owner: int, after: int) -> Heard:
        """Return what a process is to hear.

        Raises:
            LocalFaultError, StateError: the ledger cannot be read.
        """
        return self._file.read(hearing.hear, owner, after)


def _beat(
    db: Any,
    names: Names,
    owner: int,
    pulse: values.Pulse,
    read: Callable[[], Reading],
    watched: values.Watched | None,
) -> values.Beat:
    """Beat, unless a newer crawler has migrated the ledger, or it was moved: it is not ours."""
    if not is_ours(db):
        return values.Beat()
    return beats.beat(db, names, owner, pulse, read, watched)


class PostgresFrontier(SqlFrontier):
    """A frontier on a server; its clock is the server's, unless other `clocks` are given."""

    _file: Transactions
    _beat = staticmethod(_beat)

    def __init__(
        self,
        server: StateServer,
        *,
        readonly: bool = False,
        clocks: AnyClocks | None = None,
    ) -> None:
        file = Transactions(server, readonly=readonly)
        super().__init__(file, _Ear(server, file.patience), clocks or ServerClocks(file.ask))

    def entry(self, question: Question[Answer]) -> Answer:
        if isinstance(question, Integrity):  # the server sees to that
            return cast("Answer", Soundness((), whole=False))
        if isinstance(question, AboutServer):
            return cast("Answer", self._file.read(account))
        return super().entry(question)

    def backup(self, target: Path, *, force: bool = False) -> int:
        return backup(self._file.server, target, force=force)
