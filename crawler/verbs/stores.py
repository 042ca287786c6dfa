"""The stores of a ledger, as verbs tell of them: where files lie, where there is more than one."""

from collections.abc import Sequence
from pathlib import Path

from crawler.frontier import Store
from crawler.log import printable
from crawler.model import FIRST_STORE
from crawler.store.mark import store_named


class Stores:
    """The stores that a ledger knows, and which of them an output folder is."""

    def __init__(self, known: Sequence[Store], output: Path | None = None) -> None:
        self._known = {one.number: one for one in known}
        named = store_named(output) if output and self.several else ""
        self.own = next((one.number for one in known if one.uid == named), FIRST_STORE)
        """The number of that folder; the first where the ledger has met no other one."""

    @property
    def several(self) -> bool:
        """Tell whether files may lie elsewhere."""
        return len(self._known) > 1

    def words(self, number: int | None) -> str:
        """Return machine and folder of a store, in which a row of the ledger has a file."""
        store = self._known[number or FIRST_STORE]
        return printable(f"{store.machine}:{store.folder}")

    def told(self, number: int | None) -> str | None:
        """Return likewise; None where there is one store, of which nobody needs to be told."""
        return self.words(number) if self.several else None
