"""How long `crawler fetch` waits with its URLs for what their hosts ask for."""

import time
from collections.abc import Sequence
from pathlib import Path

from crawler.frontier.sqlite.desk.waits import owns_nothing, waits, waits_at
from crawler.frontier.sqlite.file.statefile import opened
from crawler.model import Outcome, Seconds, Task
from crawler.policy.patience import Patience


class Bearing:
    """Looks into the ledger of a run whether anything is left that is worth a wait."""

    def __init__(self, state: Path, most: Seconds, option: str) -> None:
        self._state = state
        self._patience = Patience(most, option, time.time())
        self._ended_at: Seconds | None = None

    def waits_in_vain(self) -> bool:
        """Tell whether all that is left waits, for longer than is borne, as its hosts ask."""
        now = time.time()
        with opened(self._state) as db:
            if not owns_nothing(db):
                return False
            left = False
            for one in waits(db, now):
                left = True
                if not one.refused(self._patience, now):
                    return False
        self._ended_at = now if left else None
        return left

    def refused(self, tasks: Sequence[Task]) -> dict[int, Outcome]:
        """Return how tasks end that were not waited for, by their numbers."""
        now = self._ended_at
        if now is None:  # a person has stopped the run
            return {}
        with opened(self._state) as db:
            hosts = waits_at(db, list({task.host_id for task in tasks}), now)
        refused = {number: host.refused(self._patience, now) for number, host in hosts.items()}
        return {task.id: end for task in tasks if (end := refused.get(task.host_id))}
