"""The ledger as verbs work on it: a connection, transactions on it, and what is remembered."""

from contextlib import AbstractContextManager
from typing import Protocol

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.names import Names


class File(Protocol):
    """A ledger that is changed, by a frontier or from outside."""

    @property
    def db(self) -> Connection:
        """The connection."""

    @property
    def names(self) -> Names:
        """What is remembered of its names."""

    def locked(self, *, write: bool = True) -> AbstractContextManager[None]:
        """Make a block one transaction; an error takes it back."""


class Transactions(File, Protocol):
    """The ledger of a frontier."""

    known: object
    """The `terms.Visitor` whose jobs are staged."""
    unanswered: bool
    """Whether the last lease was committed and its answer not read."""

    def make_room(self) -> None:
        """Tidy the index of URLs, in transactions of its own; before a verb that adds some."""
