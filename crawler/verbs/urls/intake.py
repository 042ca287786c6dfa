"""URLs that are given are taken in, as a list of their own that only adds.

Who calls joins as a process for that time, and holds nothing.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from crawler.errors import CrawlerError
from crawler.frontier import Frontier, Pass, Portion, ReadChunk, SourceState, open_frontier
from crawler.frontier.list_values import BY_HAND
from crawler.frontier.process import current
from crawler.model import Seconds
from crawler.records import Seed
from crawler.verbs.ledger import Ledger

OPEN_S: Seconds = 10.0
"""How long it takes part at once, far less than a lease lasts."""
BUSY_S: Seconds = 4.0
"""How long another program, or another `crawler add`, is waited for."""


class Count:
    """Takes nothing in, and counts."""

    def __init__(self) -> None:
        self._read = 0

    def take_in(self, seeds: Sequence[Seed]) -> None:
        self._read += len(seeds)

    def sums(self) -> dict[str, int]:
        """Return how many would be taken in, if they are not known yet."""
        return {"read": self._read}

    def close(self) -> None:
        """Nothing is open."""


class Intake:
    """Takes in URLs as they come; it is open only while there are some, a few seconds at once."""

    def __init__(self, ledger: Ledger, job: str) -> None:
        self._ledger = ledger
        self._job = job
        self._stack = ExitStack()
        self._joined: tuple[Frontier, int] | None = None
        self._until = 0.0
        self._total = self._new = self._back = 0

    def take_in(self, seeds: Sequence[Seed]) -> None:
        """Take in some; none says that more is waited for."""
        if not seeds or time.monotonic() > self._until:
            self.close()
        if seeds:
            frontier, owner = self._open()
            new, back = take_in(frontier, owner, self._job, seeds)
            self._total += len(seeds)
            self._new += new
            self._back += back

    def sums(self) -> dict[str, int]:
        """Return how many were new, came back, and were known."""
        known = self._total - self._new - self._back
        return {"new": self._new, "back": self._back, "known": known}

    def close(self) -> None:
        """Leave the ledger, until more comes."""
        self._joined = None
        self._stack.close()

    def _open(self) -> tuple[Frontier, int]:
        if self._joined is None:
            self._joined = self._stack.enter_context(_joined(self._ledger))
            self._until = time.monotonic() + OPEN_S
        return self._joined


@contextmanager
def _joined(ledger: Ledger) -> Iterator[tuple[Frontier, int]]:
    """Open the ledger as one who takes in lists."""
    options = ledger.settings.crawler if ledger.settings else None
    durable = options is None or options.durability == "full"
    with open_frontier(ledger.state, durable=durable) as frontier:
        frontier.hurry(time.monotonic() + BUSY_S)
        owner = frontier.join(current(), guest=True).owner
        try:
            yield frontier, owner
        finally:
            frontier.hurry(time.monotonic() + BUSY_S)
            frontier.leave(owner, [])


def take_in(frontier: Frontier, owner: int, job: str, seeds: Sequence[Seed]) -> tuple[int, int]:
    """Take in URLs; return how many were new, and how many came back."""
    frontier.hurry(time.monotonic() + BUSY_S)
    one = _pass(frontier, owner, job)
    own = {seed.fingerprint: seed for seed in seeds}
    chunks = [ReadChunk(number, number, [seed]) for number, seed in own.items()]
    (synced,) = frontier.put(owner, [Portion(one, chunks)])
    new, back = (synced.added, synced.revived) if synced else (0, 0)
    state = SourceState(one.source, "by hand", one.state.listed + new + back)
    frontier.end_pass(one, state, None)
    return new, back


def _pass(frontier: Frontier, owner: int, job: str) -> Pass:
    deadline = time.monotonic() + BUSY_S
    while (one := frontier.begin_pass(owner, job, BY_HAND)) is None:
        if time.monotonic() > deadline:
            raise CrawlerError(f"another `crawler add` is adding to {job}; say it again later")
        time.sleep(0.05)
    return one
