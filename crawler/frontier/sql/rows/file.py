"""The ledger as verbs work on it: a connection, transactions on it, and what is remembered."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from crawler.frontier.sql.connection import Connection, NotAloneError
from crawler.frontier.sql.rows.names import Names
from crawler.model import Seconds
from crawler.value import mutable

T = TypeVar("T")


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
    """Whether the answer of the last lease was not read, which may be committed."""

    def note_lease(self, owner: int) -> None:
        """Note, in its transaction, what a lease has taken: it may have to be undone."""

    def undo_lease(self, owner: int, now: Seconds) -> None:
        """Undo the last lease, in a transaction of its own, if it was committed."""

    def locked(self, *, write: bool = True, beside: bool = False) -> AbstractContextManager[None]:
        """Make a block one transaction; an error takes it back.

        One that writes is alone, unless it may run `beside` others of which that was said, too.
        """

    def make_room(self) -> None:
        """Tidy the index of URLs, in transactions of its own; before a verb that adds some."""


ALONE_FOR = 8
"""Times that a verb runs alone at once, after it had to begin again."""


@mutable
class Company:
    """Whether a verb of a process may run beside others: what it needed lately it needs again."""

    alone_for: int = 0

    def run(self, file: Transactions, act: Callable[[], T]) -> T:
        """Do something in a transaction beside others, or alone where it turns out to need that."""
        if not self.alone_for:
            try:
                with file.locked(beside=True):
                    return act()
            except NotAloneError:
                self.alone_for = ALONE_FOR
        self.alone_for -= 1
        with file.locked():
            return act()
