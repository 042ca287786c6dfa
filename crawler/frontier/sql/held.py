"""What a frontier in SQL asks of its engine."""

import math
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.file import Transactions
from crawler.frontier.wishes import Heard
from crawler.model import Seconds

P = ParamSpec("P")
T = TypeVar("T")
Verb = Callable[Concatenate[Connection, P], T]
"""A function of a connection and other values."""
Staged = Callable[Concatenate[Transactions, P], T]
"""A function of a ledger whose transactions it makes itself."""


MAX_WAIT_S: Seconds = 30.0
"""How long another process may write before that is a fault."""


class Patience:
    """How long this process waits for others to let the ledger go; a stop shortens it."""

    def __init__(self) -> None:
        self.ends_at: Seconds = math.inf
        """Monotonic time after which nothing is waited for."""
        self.since: Seconds = 0.0
        """Monotonic time since when no write was let through; 0 while nobody waits for one."""

    def is_over(self, began: Seconds, now: Seconds) -> bool:
        """Tell whether a wait that began then is a fault; where a stop is near it alone decides."""
        return now > (began + MAX_WAIT_S if math.isinf(self.ends_at) else self.ends_at)


class Held(Transactions, Protocol):
    """The ledger as a frontier holds it: it opens and closes it, and has verbs run."""

    patience: Patience
    written_at: Seconds
    """Monotonic time at which the last transaction that writes was committed."""

    def open(self) -> None:
        """Open the ledger.

        Raises:
            StateError: it cannot be used.
            LocalFaultError: not just now.
        """

    def close(self) -> None:
        """Close it."""

    def write(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a verb as a transaction that writes, and return what it returns."""

    def beside(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a verb as a transaction that may write beside others, and return what it returns."""

    def read(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a verb as a transaction that only reads, and return what it returns."""

    def stage(self, verb: Staged[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a verb that begins and ends its transactions itself, by `locked`."""


class Ear(Protocol):
    """Hears of wishes while other verbs wait."""

    def open(self) -> None:
        """Make it ready."""

    def close(self) -> None:
        """Close what was opened."""

    def hear(self, owner: int, after: int) -> Heard:
        """Return what a process is to hear."""
