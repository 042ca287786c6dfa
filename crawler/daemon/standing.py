"""Whether this process still is as new as what the ledger has seen."""

from collections.abc import Callable

from crawler.errors import OutdatedError
from crawler.frontier import Frontier


class Standing:
    """Looks after each heartbeat; `stop` asks for a drain, for the cause in words."""

    def __init__(self, frontier: Frontier, stop: Callable[[str], None]) -> None:
        self._frontier = frontier
        self._stop = stop
        self._outdated = False

    def look(self) -> None:
        """Ask for a drain, once, where a newer crawler has migrated the ledger."""
        if not self._outdated and self._frontier.outdated():
            self._outdated = True
            self._stop("a newer crawler has migrated the ledger")

    def require(self) -> None:
        """See that the drain had another cause than that.

        Raises:
            OutdatedError: it had not; supervisord then starts the crawler that is installed now.
        """
        if self._outdated:
            raise OutdatedError("a newer crawler has migrated the ledger; start that one")
