"""The frontier: URLs known, waiting, leased and finished; durable. `contract` has its verbs."""

from pathlib import Path

from crawler.frontier.contract import Frontier, tidied
from crawler.frontier.list_values import (
    KnownChunk,
    NewList,
    Pass,
    ReadChunk,
    SourceState,
    Synced,
    Weighed,
)
from crawler.frontier.values import (
    BEFORE_ALL,
    LEASE_S,
    MAX_CRASHES,
    STALLED_FACTOR,
    Counts,
    Filed,
    Holder,
    InForce,
    Lease,
    LeasedHost,
    Pulse,
    Reclaimed,
    Said,
    Watched,
)
from crawler.frontier.work import (
    Amended,
    Apply,
    BringBack,
    CountDown,
    Due,
    Ended,
    Refit,
    Rests,
    Retire,
    Retired,
    Tidied,
    Understand,
    Wake,
    Weigh,
    Work,
)

__all__ = [
    "BEFORE_ALL",
    "LEASE_S",
    "MAX_CRASHES",
    "STALLED_FACTOR",
    "Amended",
    "Apply",
    "BringBack",
    "CountDown",
    "Counts",
    "Due",
    "Ended",
    "Filed",
    "Frontier",
    "Holder",
    "InForce",
    "KnownChunk",
    "Lease",
    "LeasedHost",
    "NewList",
    "Pass",
    "Pulse",
    "ReadChunk",
    "Reclaimed",
    "Refit",
    "Rests",
    "Retire",
    "Retired",
    "Said",
    "SourceState",
    "Synced",
    "Tidied",
    "Understand",
    "Wake",
    "Watched",
    "Weigh",
    "Weighed",
    "Work",
    "open_frontier",
    "tidied",
]


def open_frontier(state: Path, *, durable: bool, readonly: bool = False) -> Frontier:
    """Return the frontier in a state file, not yet entered; `durable` syncs every transaction.

    With `readonly` the file must be there, nothing is written to it or beside it, and no verb that
    writes may be asked.
    """
    from crawler.frontier.sqlite.engine import SqliteFrontier  # noqa: PLC0415  an engine loads when chosen

    return SqliteFrontier(state, durable=durable, readonly=readonly)
