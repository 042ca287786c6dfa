"""Work on jobs and hosts for which nobody waits, a slice of it. Runs in the native thread."""

from typing import Any

from crawler.frontier.sqlite.rows.transactions import Transactions
from crawler.frontier.sqlite.visits import refitting
from crawler.frontier.work import Refit, Tidied, Work
from crawler.model import Seconds

_SLICES: dict[type[Work[Any]], Any] = {Refit: refitting.refit}


def tidy(file: Transactions, owner: int, work: Work[Any], now: Seconds, after: int) -> Tidied[Any]:
    """Do a slice of what the class of the work says."""
    found: Tidied[Any] = _SLICES[type(work)](file, owner, work, now, after)
    return found
