"""The ledger of the server, found anew as soon as its configuration is another one."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from crawler.errors import UsageError
from crawler.state_address import StateAddress
from crawler.verbs.ledger import Ledger, configured_ledger
from crawler.web.problems import Problem, usage

Find = Callable[[Path | None, StateAddress | None], Ledger]
"""How a verb finds its ledger: `ledger_asked`, `ledger_of` or `configured_ledger`."""
Mark = tuple[int, int, int] | None


class Ledgers:
    """Finds the ledger as the verbs do, by -c or --state; any thread may ask."""

    def __init__(self, file: Path | None, state: StateAddress | None) -> None:
        self._file = file
        self._state = state
        self._found: dict[Find, tuple[Mark, Ledger]] = {}

    def argv(self) -> list[str]:
        """Return the options of a command line that finds it by its configuration.

        Raises:
            Problem: it has none.
        """
        if self._file is None:
            raise usage("this server was started without a configuration: -c names it")
        return ["-c", str(self._file)]

    def found(self, find: Find) -> Ledger:
        """Return the ledger.

        While the configuration is being edited and is wrong, verbs that need no more than the place
        of the ledger go by what it said last.

        Raises:
            Problem: the configuration is wrong; it has all places.
        """
        mark = self._mark()
        before = self._found.get(find)
        if before and before[0] == mark:
            return before[1]
        try:
            ledger = find(self._file, self._state)
        except (UsageError, OSError) as error:
            if before and find is not configured_ledger:
                return before[1]
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "config", str(error)) from error
        self._found[find] = mark, ledger
        return ledger

    def _mark(self) -> Mark:
        if self._file is None:
            return None
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns
