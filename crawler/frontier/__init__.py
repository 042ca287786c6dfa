"""The frontier: URLs known, waiting, leased and finished; durable. `contract` has its verbs."""

from pathlib import Path

from crawler.frontier.contract import Frontier
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
    Beat,
    Counts,
    Filed,
    Holder,
    InForce,
    Joined,
    Lease,
    LeasedHost,
    Pulse,
    Reclaimed,
    Said,
    Watched,
)
from crawler.frontier.work import Due, Ended, Refit, Tidied

__all__ = [
    "BEFORE_ALL",
    "LEASE_S",
    "MAX_CRASHES",
    "STALLED_FACTOR",
    "Beat",
    "Counts",
    "Due",
    "Ended",
    "Filed",
    "Frontier",
    "Holder",
    "InForce",
    "Joined",
    "KnownChunk",
    "Lease",
    "LeasedHost",
    "NewList",
    "Pass",
    "Pulse",
    "ReadChunk",
    "Reclaimed",
    "Refit",
    "Said",
    "SourceState",
    "Synced",
    "Tidied",
    "Watched",
    "Weighed",
    "open_frontier",
]


def open_frontier(state: Path, *, durable: bool, readonly: bool = False) -> Frontier:
    """Return the frontier in a state file, not yet entered; `durable` syncs every transaction.

    With `readonly` the file must be there, nothing is written to it or beside it, and no verb that
    writes may be asked.
    """
    from crawler.frontier.sqlite.engine import SqliteFrontier  # noqa: PLC0415  an engine loads when chosen

    return SqliteFrontier(state, durable=durable, readonly=readonly)
