"""Waiting for processes that were told something: until each has done it."""

import time
from collections.abc import Callable, Iterator, Sequence

from crawler.errors import CrawlerError
from crawler.frontier import Desk, Member, open_ledger
from crawler.frontier.process import current
from crawler.model import Seconds
from crawler.verbs.ledger import Ledger

GLANCE_S: Seconds = 0.05
"""Time between two looks."""
RELOADED_WITHIN_S: Seconds = 60.0
"""How long a reload may take until the row of its process tells of it."""


def until_ended(ledger: Ledger, told: Sequence[Member], patience: Seconds) -> None:
    """Wait until processes have ended.

    Raises:
        CrawlerError: one has not in time.
    """
    left = _until_none(lambda: _here(told), patience)
    left = left or _until_none(lambda: _there(ledger, told), patience)
    if left:
        pids = ", ".join(str(one.process.pid) for one in left)
        raise CrawlerError(
            f"{pids} still there {patience:g} s after it was told to stop; "
            "a second `crawler stop` forces the end"
        )


def until_reloaded(ledger: Ledger, told: Sequence[Member]) -> Iterator[tuple[Member, str]]:
    """Wait until processes have reloaded; yield what the rows of each tell of it.

    Raises:
        CrawlerError: one has not in time.
    """
    before = {one.owner: one.reloaded_at for one in told}
    with open_ledger(ledger.state) as desk:
        left = _until_none(lambda: _as_before(desk, before), RELOADED_WITHIN_S)
        rows = [one for one in desk.sums().members if one.owner in before]
    if left:
        pids = ", ".join(str(one.process.pid) for one in left)
        raise CrawlerError(f"process {pids} has not told of a reload; its log may have why")
    yield from ((one, one.reloaded) for one in rows)


def _until_none(look: Callable[[], list[Member]], patience: Seconds) -> list[Member]:
    """Look until none is left, for so long at the most; return those that are."""
    deadline = time.monotonic() + patience
    while left := look():
        if time.monotonic() > deadline:
            break
        time.sleep(GLANCE_S)
    return left


def _here(told: Sequence[Member]) -> list[Member]:
    """Return the processes of this machine that live."""
    return [one for one in told if one.process.lives(current().machine)]


def _there(ledger: Ledger, told: Sequence[Member]) -> list[Member]:
    """Return the processes of other machines whose rows are there."""
    told = [one for one in told if one.process.machine != current().machine]
    if not told:
        return []
    with open_ledger(ledger.state) as desk:
        owners = {one.owner for one in desk.sums().members}
    return [one for one in told if one.owner in owners]


def _as_before(desk: Desk, before: dict[int, Seconds | None]) -> list[Member]:
    return [
        one
        for one in desk.sums().members
        if one.owner in before and one.reloaded_at == before[one.owner]
    ]
