"""How long `crawler fetch` waits with its URLs for what their hosts ask for."""

import time
from collections.abc import Sequence

from crawler.frontier import Desk, Entry, Waits, WaitsAt, pages
from crawler.model import Outcome, Seconds
from crawler.policy.patience import Patience


class Bearing:
    """Looks into the ledger of a run whether anything is left that is worth a wait."""

    def __init__(self, most: Seconds, option: str) -> None:
        self._most, self._option = most, option
        self._began_at = time.monotonic()
        self._ended_at: Seconds | None = None

    def waits_in_vain(self, desk: Desk) -> bool:
        """Tell whether all that is left waits, for longer than is borne, as its hosts ask."""
        now = desk.now()
        if desk.sums().owned:  # a process knows more than the ledger
            return False
        began_at = now - (time.monotonic() - self._began_at)
        self._patience = Patience(self._most, self._option, began_at)
        left = False
        for page in pages(desk, Waits(now)):
            left = left or bool(page)
            if not all(one.refused(self._patience, now) for one in page):
                return False
        self._ended_at = now if left else None
        return left

    def refused(self, desk: Desk, entries: Sequence[Entry]) -> dict[int, Outcome]:
        """Return how URLs end that were not waited for, by their numbers."""
        now = self._ended_at
        if now is None:  # a person has stopped the run
            return {}
        hosts = desk.entry(WaitsAt({entry.host_id for entry in entries}, now))
        refused = {one.id: one.refused(self._patience, now) for one in hosts}
        return {entry.id: end for entry in entries if (end := refused.get(entry.host_id))}
