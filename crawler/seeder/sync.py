"""A job's lists against the frontier: new URLs are added, missing ones are retired.

A list is desired state. A known chunk of lines costs nothing but its reading; memory holds one
batch, whatever the length of the list.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

from crawler.config import Job
from crawler.frontier import BEFORE_ALL, Frontier, KnownChunk, ReadChunk, SourceState
from crawler.log import Log
from crawler.seeder.admission import Admission, SyncSums
from crawler.seeder.chunks import Chunk
from crawler.seeder.seeds import BadLine, chunks_of, parsed
from crawler.sources import UNREADABLE, Source, SourceError, Unchanged
from crawler.sources.contract import readable
from crawler.sources.inbox import Inbox
from crawler.threads import Native
from crawler.urls import masked

MAX_BAD_LOGGED = 20
"""Bad lines of a job that get a log line each; the others are only counted."""
MAX_REASONS = 1000
"""Bad lines that are listed beside a file of an inbox."""
DROPPED_AT_ONCE = 16
"""Chunks forgotten in one transaction."""


class Sync:
    """Takes a job's sources in, one after another."""

    def __init__(
        self,
        frontier: Frontier,
        job: Job,
        native: Native,
        log: Log,
        *,
        look: Callable[[], None],
        inbox: Inbox | None = None,
        limit: int | None = None,
        bad: Callable[[str, str], None] | None = None,
    ) -> None:
        self._frontier = frontier
        self._job = job
        self._native = native
        self._log = log
        self._inbox = inbox
        self._reasons: list[str] = []
        self._limit = limit
        self._bad = bad
        self._meaning = _meaning(job)
        self.sums = SyncSums(job.name)
        self._admission = Admission(frontier, job.name, self.sums, look)
        self.leaving = False
        """Whether a URL that is no longer listed is being visited."""

    def run(self, sources: Sequence[Source]) -> None:
        """Make the frontier match; a source that cannot be read is logged, and stops no other."""
        for source in sources:
            try:
                self._take_in(source)
            except (SourceError, *UNREADABLE) as error:
                self.sums.failed.append(source.name)
                self._log.error("list.failed", job=self._job.name, cause=f"{source.name}: {error}")
        self._forget({source.name for source in sources})
        if not self.sums.failed:
            self.retire()

    def retire(self) -> None:
        """Retire URLs that no list names any more; those being visited are left for later."""
        after: int | None = BEFORE_ALL
        while after is not None:
            removed, after = self._frontier.retire(self._job.name, after)
            self.sums.removed += removed
        self.leaving = self._frontier.leaving(self._job.name)

    def empty_inbox(self) -> None:
        """Take in the lists in the job's inbox, once each, and move them away.

        They only add: what an earlier one listed stays listed.
        """
        if self._inbox is None:
            return None
        try:
            files = self._inbox.scan()
        except OSError as error:
            return self._log.error("inbox.failed", job=self._job.name, cause=str(error))
        for file in files:
            reasons = self._from_inbox(file, self._inbox.take(file))
            try:
                self._inbox.accept(file, reasons)
            except OSError as error:
                self._log.error("inbox.failed", job=self._job.name, cause=str(error))
        return None

    def _from_inbox(self, file: Path, source: Source) -> list[str]:
        """Take in one list, and return the reasons why lines of it, or all of it, were refused."""
        self._reasons = []
        name = f"inbox:{readable(file.name)} {source.version()}"
        state = self._frontier.source(self._job.name, name)
        try:
            try:
                _, listed, bad = self._read(source, state, self._frontier.chunks(state.id), "")
            finally:
                self._admission.flush(state.id)
            self._frontier.source_read(
                SourceState(state.id, source.version_read, listed, bad), time.time()
            )
        except (SourceError, *UNREADABLE) as error:
            self._log.error("list.failed", job=self._job.name, cause=f"{file}: {error}")
            self._reasons.append(str(error))
        return self._reasons

    def _take_in(self, source: Source) -> None:
        state = self._frontier.source(self._job.name, source.name)
        meaning, _, was = state.version.partition(":")
        was = was if meaning == self._meaning else ""
        if was and source.version() == was and self._limit is None:
            return self._same(state)
        known = self._frontier.chunks(state.id)
        try:
            seen, listed, bad = self._read(source, state, known, was)
        except Unchanged:
            return self._same(state)
        finally:
            self._admission.flush(state.id)
        self._drop(state.id, [anchor for anchor in known if anchor not in seen])
        version = f"{self._meaning}:{source.version_read}" if self._limit is None else ""
        self._frontier.source_read(SourceState(state.id, version, listed, bad), time.time())
        return None

    def _same(self, state: SourceState) -> None:
        self.sums.kept += state.listed - state.bad
        self.sums.listed += state.listed
        self.sums.bad += state.bad

    def _read(
        self, source: Source, state: SourceState, known: Mapping[int, KnownChunk], was: str
    ) -> tuple[set[int], int, int]:
        """Read a source; return its chunks' anchors, and its numbers of URLs and of bad lines."""
        seen: set[int] = set()
        before = self.sums.listed, self.sums.bad
        with closing(chunks_of(source, was)) as chunks:
            for chunk in chunks:
                self._chunk(source, state.id, chunk, known)
                seen.add(chunk.anchor)
                if self._limit is not None and self.sums.listed >= self._limit:
                    break
        return seen, self.sums.listed - before[0], self.sums.bad - before[1]

    def _chunk(
        self, source: Source, number: int, chunk: Chunk, known: Mapping[int, KnownChunk]
    ) -> None:
        same = known.get(chunk.anchor)
        if same and same.key == chunk.key:
            self.sums.listed += same.urls + same.bad
            self.sums.kept += same.urls
            self.sums.bad += same.bad
            return
        left = None if self._limit is None else self._limit - self.sums.listed
        seeds, bad = self._native.call(parsed, source, self._job, chunk, left)
        self.sums.listed += len(seeds) + len(bad)
        for one in bad:
            self._note_bad(one)
        self._admission.admit(number, ReadChunk(chunk.anchor, chunk.key, seeds, len(bad)))

    def _forget(self, named: set[str]) -> None:
        """Forget the sources that the job no longer names; lists of an inbox stay."""
        for name, number in self._frontier.sources(self._job.name).items():
            if name in named or name.startswith("inbox:"):
                continue
            self._drop(number, list(self._frontier.chunks(number)))
            self._frontier.source_read(SourceState(number), time.time())

    def _drop(self, source: int, anchors: Sequence[int]) -> None:
        for at in range(0, len(anchors), DROPPED_AT_ONCE):
            self._frontier.drop(source, anchors[at : at + DROPPED_AT_ONCE])

    def _note_bad(self, bad: BadLine) -> None:
        where, text, reason = bad
        self.sums.bad += 1
        if len(self._reasons) < MAX_REASONS:
            self._reasons.append(f"{where}: {reason}")
        if self._bad:
            self._bad(text, f"{where}: {reason}")
        elif self.sums.bad <= MAX_BAD_LOGGED:
            self._log.warning(
                "url.bad", job=self._job.name, place=where, url=masked(text), reason=reason
            )


def _meaning(job: Job) -> str:
    """Return a hash of the options by which a list's lines become seeds."""
    said = [job.path, *(f"{name}: {value}" for name, value in sorted(job.headers.items()))]
    return blake2b("\n".join(said).encode(), digest_size=8).hexdigest()
