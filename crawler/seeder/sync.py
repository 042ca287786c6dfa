"""A job's lists against the frontier: new URLs are added, missing ones are retired.

A list is desired state. A known chunk of lines costs nothing but its reading; memory holds one
batch, whatever the length of the list. What is missing goes only when all lists of the job were
read to their end, by one process, and have not lost too much to be believed.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import field
from typing import TypeVar

from crawler.config import Job
from crawler.errors import LeaseLostError, PassLostError
from crawler.frontier import (
    Apply,
    CountDown,
    Pass,
    Retire,
    SourceState,
    Weigh,
    Weighed,
    Work,
    tidied,
)
from crawler.seeder.admission import SyncSums
from crawler.seeder.elsewhere import INBOX, INLINE, is_own_word, read_elsewhere, sources_known
from crawler.seeder.reading import Busy, Reader, SyncTools, known_chunks
from crawler.sources import UNREADABLE, Source, SourceError, Unchanged
from crawler.value import mutable

Found = TypeVar("Found")


@mutable
class _Read:
    """A source that was read, or that has not changed."""

    name: str
    before: SourceState
    """As it was applied last."""
    state: SourceState
    """As it is now."""
    one: Pass | None = None
    gone: list[int] = field(default_factory=list)
    """Anchors of chunks that it no longer has."""
    whole: bool = True

    @property
    def refiltered(self) -> bool:
        """Tell whether another filter leaves URLs out than when it was applied last."""
        return self.before.filter_mark != self.state.filter_mark

    @property
    def emptied(self) -> bool:
        before, now = self.before, self.state
        if self.refiltered:
            return before.urls + before.filtered > 0 and not now.urls + now.filtered
        return before.urls > 0 and not now.urls


class Sync:
    """Takes a job's sources in, one after another."""

    def __init__(self, tools: SyncTools, job: Job) -> None:
        self._tools = tools
        self._frontier = tools.frontier
        self._job = job
        self.sums = SyncSums(job.name)
        self._reader = Reader(tools, job, self.sums)
        self._open: list[Pass] = []
        """Passes that are not ended yet."""
        self.leaving = False
        """Whether a URL that is no longer listed is being visited."""
        self.grew = False
        """Whether a list grew while it was read, so that it is to be read again whole."""
        self.elsewhere: dict[str, str] = {}
        """Lists that another machine reads, by name, with its host name."""

    def run(self, sources: Sequence[Source]) -> None:
        """Make the frontier match; a source that cannot be read is logged, and stops no other.

        Raises:
            Busy: another process reads one of them just now.
            PassLostError: another process has begun to read one of them.
        """
        self._all(CountDown(self._job.name))
        known = sources_known(self._tools, self._job)
        self.elsewhere = read_elsewhere(known, self._reader.understood)
        named = {source.name for source in sources} | self.elsewhere.keys()
        try:
            read = [one for source in sources if (one := self._take_in(source, known))]
            read += [self._kept(name, known[name]) for name in self.elsewhere]
            if self._all_whole(read):
                self._judge(read, named, known)
            else:
                self._keep(read)
        finally:
            self._abandon()

    def _all_whole(self, read: Sequence[_Read]) -> bool:
        whole = all(one.whole for one in read)
        self.grew = not whole and self._tools.limit is None
        return whole and not self.sums.failed

    def retire(self) -> None:
        """Retire URLs that no list names any more; those being visited are left for later."""
        found = self._all(Retire(self._job.name))
        self.sums.removed += sum(one.urls for one in found)
        self.leaving = any(one.left for one in found)

    def _all(self, work: Work[Found]) -> list[Found]:
        """Do all of a work; return what its slices found."""
        return list(tidied(self._frontier, self._tools.owner, work))

    def _take_in(self, source: Source, known: dict[str, SourceState]) -> _Read | None:
        """Read a source; None if it could not be read to its end, or is read elsewhere."""
        if source.name in self.elsewhere:
            return None
        try:
            return self._same(source, known) or self._read(source)
        except (SourceError, *UNREADABLE) as error:
            self._log_failed(source.name, str(error))
            return None

    def _same(self, source: Source, known: dict[str, SourceState]) -> _Read | None:
        """Return a source whose version says that it need not be read."""
        state = known.get(source.name)
        was = self._reader.version_of(state) if state else ""
        if not state or not was or self._tools.limit is not None or source.version() != was:
            return None
        return self._kept(source.name, state, self._begin(source) if state.unclaimed else None)

    def _kept(self, name: str, state: SourceState, one: Pass | None = None) -> _Read:
        self.sums.kept += state.urls
        self.sums.listed += state.listed
        self.sums.bad += state.bad
        self.sums.filtered += state.filtered
        return _Read(name, state, state, one)

    def _begin(self, source: Source) -> Pass:
        one = self._frontier.begin_pass(self._tools.owner, self._job.name, source.name)
        if one is None:
            raise Busy(source.name)
        self._open.append(one)
        return one

    def _read(self, source: Source) -> _Read:
        one = self._begin(source)
        was = self._reader.version_of(one.state)
        chunks = {} if one.first else known_chunks(self._frontier, one.source)
        try:
            seen, state = self._reader.read(source, one, chunks, was)
        except Unchanged:
            return self._kept(source.name, one.state, one)
        gone = [anchor for anchor in chunks if anchor not in seen]
        whole = self._tools.limit is None and not source.grew
        return _Read(source.name, one.state, state, one, gone, whole)

    def _judge(self, read: Sequence[_Read], named: set[str], known: dict[str, SourceState]) -> None:
        """Apply what was read, or hold it if the lists lost too much."""
        weighed = self._weighed([one for one in read if one.name != INLINE], known)
        if weighed and weighed.held:
            self.sums.held = True
            return self._keep(read)
        self._apply(read, named, known)
        if weighed and weighed.held_before:
            self._all(Apply(self._job.name))
        return None

    def _weighed(self, lists: Sequence[_Read], known: Iterable[str]) -> Weighed | None:
        """Compare the lists with what they were; None where there neither are nor were any.

        A job that has no list any more was told so by its operator, and so was one whose filter is
        another: what that leaves out counts as listed, as it did before.
        """
        if not lists and all(map(is_own_word, known)):
            return None
        refiltered = any(one.refiltered for one in lists if one.before.listed)
        urls = sum(one.state.urls + refiltered * one.state.filtered for one in lists)
        share = self._job.max_shrink if lists else 1.0
        emptied = any(one.emptied for one in lists)
        (weighed,) = self._all(Weigh(self._job.name, urls, share, emptied, refiltered))
        self._log_shrunk(weighed, urls)
        return weighed

    def _log_failed(self, name: str, cause: str) -> None:
        self.sums.failed.append(name)
        if not cause.startswith(f"{name}: "):
            cause = f"{name}: {cause}"
        self._tools.list_failed(self._job.name, cause)

    def _log_shrunk(self, weighed: Weighed, urls: int) -> None:
        """Tell once in this process that lists are held: another may have died before it did."""
        name, told = self._job.name, self._tools.shrunk
        if weighed.held and name not in told:
            self._tools.log.warning(
                "list.shrunk",
                job=name,
                before=weighed.before,
                urls=urls,
                remedy=f"if that is right: crawler reload --believe {name}",
            )
        (told.add if weighed.held else told.discard)(name)

    def _apply(self, read: Sequence[_Read], named: set[str], known: dict[str, SourceState]) -> None:
        """Take away what the sources no longer name, and sources that the job does not name."""
        for one in read:
            if one.one:
                self._end(one.one, one.state, one.gone)
        for name in sorted(known.keys() - named):
            self._forget(name)
        if known:
            self.retire()

    def _keep(self, read: Sequence[_Read]) -> None:
        """End the passes without taking anything away; what misses nothing counts as applied."""
        for one in read:
            if one.one:
                self._end(one.one, one.state if one.whole and not one.gone else None)

    def _forget(self, name: str) -> None:
        """Forget a source that the job no longer names; lists of an inbox stay."""
        if name.startswith(INBOX):
            return
        one = self._frontier.begin_pass(self._tools.owner, self._job.name, name)
        if one is None:
            raise Busy(name)
        self._open.append(one)
        gone = list(known_chunks(self._frontier, one.source))
        self._end(one, SourceState(one.source), gone)

    def _end(self, one: Pass, state: SourceState | None, gone: Sequence[int] | None = None) -> None:
        """End a pass; `gone` are chunks that the source no longer has, None to keep them."""
        after: int | None = 0
        while after is not None:
            after = self._frontier.end_pass(one, state, gone, after)
        self._open.remove(one)

    def _abandon(self) -> None:
        """End the passes that something broke off, so that others may read."""
        with suppress(LeaseLostError, PassLostError):
            while self._open:
                self._end(self._open[-1], None)
