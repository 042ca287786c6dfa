"""Chunks that were read, taken into the frontier in batches: one while the next is read."""

from collections.abc import Callable
from dataclasses import field

import gevent

from crawler.frontier import Frontier, Pass, Portion, ReadChunk, Synced
from crawler.threads import Greenlet
from crawler.value import mutable

BATCH_URLS = 4096
"""URLs of one transaction at the most: no chunk has more lines."""


@mutable
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
    filtered: int = 0
    """URLs that the job's filter left out; they are not listed."""
    renewed: int = 0
    """Known URLs whose bodies are to be others, by their digests: they are due again."""
    unchecked: int = 0
    """Known URLs that have lost their digests, which hold on."""
    held: bool = False
    """Whether the lists lost so much that nothing was removed."""
    failed: list[str] = field(default_factory=list)
    """Sources that could not be read to their end."""


class Admission:
    """Takes in the chunks of a job's sources, and adds to the sums.

    `look` is called after each transaction: there may be something to visit.
    """

    def __init__(self, frontier: Frontier, sums: SyncSums, look: Callable[[], None]) -> None:
        self._frontier = frontier
        self._sums = sums
        self._look = look
        self._batch: list[ReadChunk] = []
        self._begun = False
        self._taking: Greenlet | None = None
        """Takes in the batch under way; its value is that batch's numbers, or an error."""

    def admit(self, one: Pass, read: ReadChunk) -> None:
        """Take in a chunk, with others of its batch; the first at once, so that visits begin."""
        if sum(len(chunk.seeds) for chunk in [*self._batch, read]) > BATCH_URLS:
            self._begin(one)
        self._batch.append(read)
        if not self._begun:
            self._begun = True
            self.flush(one)

    def flush(self, one: Pass) -> None:
        """Take in all that was read, and wait for it."""
        self._begin(one)
        self._finish()

    def _begin(self, one: Pass) -> None:
        """Begin to take a batch in; the next is read meanwhile."""
        self._finish()
        if self._batch:
            batch, self._batch = self._batch, []
            self._taking = gevent.spawn(self._take, one, batch)

    def _take(self, one: Pass, batch: list[ReadChunk]) -> Synced | Exception | None:
        """Take a batch in; an error is a value, so that gevent does not print it on its way."""
        try:
            return self._frontier.put(one.owner, [Portion(one, batch)])[0]
        except Exception as error:  # noqa: BLE001  raised again by the greenlet that waits
            return error

    def _finish(self) -> None:
        """Wait until the batch under way is taken in."""
        if self._taking is None:
            return
        taking, self._taking = self._taking, None
        synced = taking.get()
        if isinstance(synced, Exception):
            raise synced
        if synced:
            self._sums.added += synced.added
            self._sums.revived += synced.revived
            self._sums.renewed += synced.renewed
            self._sums.unchecked += synced.unchecked
        self._look()
