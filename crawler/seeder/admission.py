"""Chunks that were read, taken into the frontier in batches: one while the next is read."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from crawler.frontier import Frontier, ReadChunk, Synced

BATCH_URLS = 4096
"""URLs of one transaction; a batch ends with the chunk that brings them."""


@dataclass(slots=True)
class SyncSums:
    """Numbers of URLs in one reading of a job's lists, by their fate."""

    job: str
    listed: int = 0
    """URLs on all lines, bad ones included."""
    added: int = 0
    revived: int = 0
    removed: int = 0
    kept: int = 0
    """URLs in chunks that had not changed."""
    bad: int = 0
    failed: list[str] = field(default_factory=list)
    """Sources that could not be read to their end."""


class Admission:
    """Takes in the chunks of a job's sources, and adds to the sums.

    `look` is called after each transaction: there may be something to visit.
    """

    def __init__(
        self, frontier: Frontier, job: str, sums: SyncSums, look: Callable[[], None]
    ) -> None:
        self._frontier = frontier
        self._job = job
        self._sums = sums
        self._look = look
        self._batch: list[ReadChunk] = []
        self._begun = False
        self._taken: Callable[[], Synced] | None = None
        """Waits for the batch under way, and returns its numbers of URLs."""

    def admit(self, source: int, read: ReadChunk) -> None:
        """Take in a chunk, with others of its batch; the first at once, so that visits begin."""
        self._batch.append(read)
        if not self._begun:
            self._begun = True
            self.flush(source)
        elif sum(len(one.seeds) for one in self._batch) >= BATCH_URLS:
            self._begin(source)

    def flush(self, source: int) -> None:
        """Take in all that was read, and wait for it."""
        self._begin(source)
        self._finish()

    def _begin(self, source: int) -> None:
        """Begin to take a batch in; the next is read meanwhile."""
        self._finish()
        if self._batch:
            batch, self._batch = self._batch, []
            now = time.time()
            self._taken = self._frontier.admitting(self._job, source, batch, now)

    def _finish(self) -> None:
        """Wait until the batch under way is taken in."""
        if self._taken:
            taken, self._taken = self._taken, None
            synced = taken()
            self._sums.added += synced.added
            self._sums.revived += synced.revived
            self._look()
