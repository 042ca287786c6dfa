"""One source into the frontier: its chunks are compared, parsed and put."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import field, replace
from math import inf

import gevent

from crawler.config import Job
from crawler.config.filter_options import url_filter
from crawler.frontier import (
    Chunks,
    Frontier,
    KnownChunk,
    NewList,
    Pass,
    ReadChunk,
    SourceState,
    pages,
)
from crawler.log import Log
from crawler.policy.masking import masked_line
from crawler.seeder.admission import Admission, SyncSums
from crawler.seeder.chunks import Chunk
from crawler.seeder.rescheduling import Rescheduler, schedule_text
from crawler.seeder.seeds import BadLine, chunks_of, cut, parsed
from crawler.sources import Source
from crawler.sources.contract import failed
from crawler.sources.meaning import mark_of
from crawler.stored_files import Stayed, StoredFile
from crawler.threads import Native
from crawler.value import value

MAX_BAD_LOGGED = 20
"""Bad lines of a job that get a log line each; the others are only counted."""


MAX_LINES_HERE = 32
"""Lines that are parsed at once; more of them are parsed in a native thread, and all that patterns
are sought in: a long URL may take milliseconds."""


class Busy(Exception):  # noqa: N818  no failure: it is read when the other process has ended
    """Another process reads this source."""


@value
class SyncTools:
    """What every sync of this process works with."""

    frontier: Frontier
    owner: int
    native: Native
    log: Log
    look: Callable[[], None]
    """Called when there may be something to visit."""
    rescheduler: Rescheduler
    limit: int | None = None
    """URLs of a job that are taken at most."""
    bad: Callable[[str, str], None] | None = None
    """Gets text and reason of every bad line, instead of the log."""
    remove: Callable[[Sequence[StoredFile]], Stayed] | None = None
    """Removes files, and returns those that stay."""
    shrunk: set[str] = field(default_factory=set)
    """Jobs whose lists are held, as this process has told."""
    failed: Callable[[str, str], None] = lambda *_: None
    """Gets a job and why a list of it could not be read."""

    def list_failed(self, job: str, cause: str) -> None:
        """Tell that a list of a job could not be read to its end."""
        self.log.error("list.failed", job=job, cause=cause)
        self.failed(job, cause)


def known_chunks(frontier: Frontier, source: int) -> dict[int, KnownChunk]:
    """Return the chunks of a source as they were read last, by their anchors."""
    return {anchor: chunk for page in pages(frontier, Chunks(source)) for anchor, chunk in page}


class Reader:
    """Reads sources of one job, and adds to its sums."""

    def __init__(self, tools: SyncTools, job: Job, sums: SyncSums) -> None:
        self._tools = tools
        self._job = job
        self._sums = sums
        self._filter = url_filter(job.filter, time.time())
        self._mark = mark_of(job)
        if self._filter:
            self._mark += f".{self._filter.reading}"
        self._admission = Admission(tools.frontier, sums, tools.look)
        self.on_bad: Callable[[str], None] = lambda _: None
        """Gets place and reason of every bad line."""

    def version_of(self, state: SourceState) -> str:
        """Return the version of a source that was taken in; "" if its lines meant other URLs."""
        mark, _, version = state.version.partition(":")
        return version if mark == self._mark else ""

    def understood(self, state: SourceState) -> bool:
        """Tell whether a source was read to its end by options that mean the same for its lines."""
        mark = state.version.partition(":")[0]
        return mark.partition("@")[0] == self._mark.partition("@")[0]

    @property
    def filter_mark(self) -> str:
        """Return the mark of what the job leaves out; "" for nothing."""
        return self._filter.mark if self._filter else ""

    def read(
        self, source: Source, one: Pass, known: Mapping[int, KnownChunk], was: str
    ) -> tuple[set[int], SourceState]:
        """Take a source in; return its chunks' anchors, and what it holds.

        Raises:
            Unchanged: it is of the version `was`.
            SourceError: it cannot be read, or not to its end.
        """
        seen: set[int] = set()
        limit, sums = self._tools.limit, self._sums
        before = sums.listed, sums.bad, sums.filtered
        heard = sums.renewed, sums.unchecked
        try:
            with closing(chunks_of(source, was, self._filter)) as chunks:
                for chunk in self._in_time(source, chunks):
                    self._chunk(source, one, chunk, known)
                    seen.add(chunk.anchor)
                    if limit is not None and sums.listed >= limit:
                        break
        finally:
            self._admission.flush(one)
        if source.unended:
            self._tools.log.warning(
                "list.unended", job=self._job.name, list=source.name, reason=source.unended
            )
        listed, bad = sums.listed - before[0], sums.bad - before[1]
        filtered = sums.filtered - before[2]
        self._log_filtered(source, listed - bad, filtered)
        self._log_heard(source, sums.renewed - heard[0], sums.unchecked - heard[1])
        version = f"{self._mark}:{source.version_read}" if limit is None else ""
        state = SourceState(one.source, version, listed, bad)
        return seen, replace(state, filtered=filtered, filter_mark=self.filter_mark)

    def new(self, source: Source, lines: list[bytes] | None = None) -> NewList:
        """Read the only list, a short one, of a job that the frontier does not know.

        Its `lines` are given where it was read already.

        Raises:
            SourceError: it cannot be read, or not to its end.
        """
        job, sums = self._job, self._sums
        lines_in = chunks_of(source, "", self._filter)
        chunks = lines_in if lines is None else cut(source, [lines], self._filter)
        read = [self._parsed(source, chunk, None) for chunk in chunks]
        self._log_filtered(source, sums.listed - sums.bad, sums.filtered)
        version = f"{self._mark}:{source.version_read}"
        counted = (sums.listed, sums.bad, schedule_text(job), sums.filtered, self.filter_mark)
        return NewList(job.name, source.name, read, version, *counted)

    def _in_time(self, source: Source, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """Yield chunks as long as the source takes no longer than it may; our own work is free.

        Raises:
            SourceError: it takes longer.
        """
        limit = left = inf if source.times_itself else self._job.list_timeout
        while True:
            began = time.monotonic()
            timer = gevent.Timeout(None if left == inf else max(0.001, left))
            try:
                with timer:
                    chunk = next(chunks, None)
            except gevent.Timeout as error:
                if error is not timer:
                    raise
                reason = f"was not read within {limit:g} s; list_timeout gives it more"
                raise failed(source.name, reason) from None
            if chunk is None:
                return
            left -= time.monotonic() - began
            yield chunk

    def _chunk(
        self, source: Source, one: Pass, chunk: Chunk, known: Mapping[int, KnownChunk]
    ) -> None:
        sums = self._sums
        same = known.get(chunk.anchor)
        if same and same.key == chunk.key:
            sums.listed += same.urls + same.bad
            sums.kept += same.urls
            sums.bad += same.bad
            sums.filtered += same.filtered
            return
        limit = self._tools.limit
        left = None if limit is None else limit - sums.listed
        self._admission.admit(one, self._parsed(source, chunk, left))

    def _parsed(self, source: Source, chunk: Chunk, left: int | None) -> ReadChunk:
        asked = (source, self._job, chunk, self._filter, left)
        short = len(chunk.lines) <= MAX_LINES_HERE and self._filter is None
        seeds, bad, filtered = parsed(*asked) if short else self._tools.native.call(parsed, *asked)
        self._sums.listed += len(seeds) + len(bad)
        self._sums.filtered += filtered
        for line in bad:
            self._note_bad(line)
        return ReadChunk(chunk.anchor, chunk.key, seeds, len(bad), filtered)

    def _log_filtered(self, source: Source, urls: int, filtered: int) -> None:
        if filtered:
            self._tools.log.info(
                "list.filtered", job=self._job.name, list=source.name, urls=urls, filtered=filtered
            )

    def _log_heard(self, source: Source, renewed: int, unchecked: int) -> None:
        """Tell what a list says anew of bodies that it knows."""
        job, log = self._job.name, self._tools.log
        if renewed:
            log.info("list.renewed", job=job, list=source.name, urls=renewed)
        if unchecked:
            log.warning("list.unchecked", job=job, list=source.name, urls=unchecked)

    def _note_bad(self, bad: BadLine) -> None:
        where, text, reason = bad
        self._sums.bad += 1
        self.on_bad(f"{where}: {reason}")
        if self._tools.bad:
            self._tools.bad(text, f"{where}: {reason}")
        elif self._sums.bad <= MAX_BAD_LOGGED:
            self._tools.log.warning(
                "url.bad", job=self._job.name, place=where, url=masked_line(text), reason=reason
            )
