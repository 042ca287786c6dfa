"""`crawler reload --dry-run`: the changes of a reload, read from the lists and the ledger.

Nothing is written, and no daemon is asked: the ledger knows the lists that were taken in.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from crawler import sources
from crawler.config import Job, Settings
from crawler.config.filter_options import url_filter
from crawler.config.host_overrides import HostOverrides
from crawler.fetch.fetcher import Fetcher
from crawler.frontier import (
    FiledOf,
    Frontier,
    Sources,
    UrlsOf,
    has_ledger,
    open_frontier,
    pages,
)
from crawler.records import JobTerms
from crawler.seeder.chunks import Chunk
from crawler.seeder.reading import known_chunks
from crawler.seeder.seeds import chunks_of, parsed
from crawler.sources import UNREADABLE, Source, SourceError
from crawler.sources.downloads import downloader
from crawler.sources.meaning import path_changed
from crawler.state_address import StateAddress
from crawler.store import Files
from crawler.threads import Native
from crawler.value import mutable

MAX_EXACT_URLS = 2_000_000
"""Changed URLs that are compared one by one; with more, the numbers are upper bounds."""
_OPTIONS = {"delay": "delay", "per_host": "per_host", "obeys": "robots", "weight": "priority"}
"""Names of the ledger for options of a job, with the names in the configuration."""


@mutable
class Preview:
    """Changes of one job, in numbers of URLs."""

    job: str
    known: bool = False
    """Whether the ledger has the job."""
    added: int = 0
    removed: int = 0
    kept: int = 0
    bad: int = 0
    filtered: int = 0
    """URLs that the job's filter leaves out."""
    exact: bool = True
    """False: `added` and `removed` are upper bounds."""
    failed: str = ""
    """The source that could not be read, and why."""
    keep_files: int = 0
    """Where `path` differs: URLs that keep the file that they have."""
    new_paths: int = 0
    """Where `path` differs: URLs known without a file, which get theirs by the new one."""
    options: tuple[str, ...] = ()
    """Options that the ledger knows with other values."""


def preview(settings: Settings) -> tuple[list[Preview], list[str]]:
    """Compare every job's lists with the ledger; return that, and the jobs that would go.

    Raises:
        UsageError: a file that a job names is not there, or the ledger cannot be read.
    """
    options = settings.crawler
    hosts = HostOverrides(settings)
    with (
        tempfile.TemporaryDirectory(prefix="crawler-preview-") as folder,
        _opened(options.state, folder) as frontier,
        Files(Path(folder), durable=False) as files,
        Fetcher(user_agent=hosts.user_agent, files=files, concurrency=1) as fetcher,
        Native(1) as native,
    ):
        jobs = frontier.sums().jobs
        known = {job.name: job.terms for job in jobs if job.active}
        marks = {job.name: job.meaning for job in jobs}
        found = []
        for job, terms in zip(settings.jobs, hosts.job_terms(), strict=True):
            fetcher.open(job)
            named = sources.of(job, Path(folder), downloader(fetcher, job))
            compared = _Comparison(job, frontier, native).compared(named)
            compared.known = job.name in known
            compared.options = _changed_options(known.get(job.name) or terms, terms)
            if path_changed(marks.get(job.name, ""), job):
                _count_files(frontier, compared)
            found.append(compared)
        gone = [name for name in known if name not in {job.name for job in settings.jobs}]
    return found, gone


def _count_files(frontier: Frontier, compared: Preview) -> None:
    for one in chain.from_iterable(pages(frontier, FiledOf(compared.job))):
        compared.keep_files += one.with_file
        compared.new_paths += one.without


def _opened(state: StateAddress, folder: str) -> Frontier:
    """Return the ledger, for reading alone; where there is none an empty one in `folder`."""
    if has_ledger(state):
        return open_frontier(state, durable=False, readonly=True)
    return open_frontier(Path(folder, "state.sqlite"), durable=False)


def _changed_options(before: JobTerms, after: JobTerms) -> tuple[str, ...]:
    return tuple(
        option for name, option in _OPTIONS.items() if getattr(before, name) != getattr(after, name)
    )


class _Comparison:
    """Compares the lists of one job with the ledger."""

    def __init__(self, job: Job, frontier: Frontier, native: Native) -> None:
        self._job = job
        self._frontier = frontier
        self._native = native
        self._sums = Preview(job.name)
        self._filter = url_filter(job.filter, time.time())
        self._came = 0
        """URLs in chunks that changed: they are new, or stood elsewhere before."""
        self._balance: Counter[int] = Counter()
        """By fingerprint, how many lines name a URL more than the ledger knows of; never 0."""
        self._sources = dict(chain.from_iterable(pages(frontier, Sources(job.name))))
        """As they were applied last, by name."""

    def compared(self, named: list[Source]) -> Preview:
        """Read the sources that the configuration names, and return the changes."""
        for source in named:
            try:
                self._read(source)
            except (SourceError, *UNREADABLE) as error:
                self._sums.failed = f"{source.name}: {error}"
        self._drop_all_but({source.name for source in named})
        more = Counter(n > 0 for n in self._balance.values())
        self._sums.added += more[True]
        self._sums.removed += more[False]
        self._sums.kept += self._came - self._sums.added
        return self._sums

    def _read(self, source: Source) -> None:
        number = state.id if (state := self._sources.get(source.name)) else None
        known = {} if number is None else known_chunks(self._frontier, number)
        seen = set()
        for chunk in chunks_of(source, "", self._filter):
            seen.add(chunk.anchor)
            same = known.get(chunk.anchor)
            if same and same.key == chunk.key:
                self._sums.kept += same.urls
                self._sums.bad += same.bad
                self._sums.filtered += same.filtered
                continue
            self._read_changed(source, chunk, self._known_urls(number, chunk.anchor))
        for anchor in known.keys() - seen:
            self._weigh(self._known_urls(number, anchor), -1)

    def _read_changed(self, source: Source, chunk: Chunk, before: Sequence[int]) -> None:
        """Read a chunk whose lines the ledger does not have; it had `before` in its place."""
        read = self._native.call(parsed, source, self._job, chunk, self._filter)
        seeds, bad, filtered = read
        now = [seed.fingerprint for seed in seeds]
        self._sums.bad += len(bad)
        self._sums.filtered += filtered
        self._came += len(now)
        self._weigh(now, 1)
        self._weigh(before, -1)

    def _known_urls(self, source: int | None, anchor: int) -> Sequence[int]:
        return () if source is None else self._frontier.entry(UrlsOf(source, anchor))

    def _drop_all_but(self, named: set[str]) -> None:
        """Take away the sources that the configuration does not name; an inbox's lists stay."""
        for name, state in self._sources.items():
            if name not in named and not name.startswith("inbox:"):
                for anchor in known_chunks(self._frontier, state.id):
                    self._weigh(self._known_urls(state.id, anchor), -1)

    def _weigh(self, fingerprints: Sequence[int], sign: int) -> None:
        if len(self._balance) > MAX_EXACT_URLS:
            self._sums.exact = False
            self._sums.added += len(fingerprints) * (sign > 0)
            self._sums.removed += len(fingerprints) * (sign < 0)
            return
        for number in fingerprints:
            self._balance[number] += sign
            if not self._balance[number]:
                del self._balance[number]


def printed(found: list[Preview], gone: list[str]) -> Iterator[str]:
    """Yield the lines of a preview."""
    for one in found:
        most = "" if one.exact else "at most "
        what = "changes" if one.known else "is new"
        left_out = f", {one.filtered:,} left out by filter" if one.filtered else ""
        yield (
            f"{one.job} {what}: {most}{one.added:,} URLs added, {most}{one.removed:,} removed, "
            f"{one.kept:,} kept, {one.bad:,} bad{left_out}"
        )
        if one.options:
            yield f"  other options: {', '.join(one.options)}"
        if one.keep_files or one.new_paths:
            yield (
                f"  path: {one.keep_files:,} URLs keep the file that they have, "
                f"{one.new_paths:,} without a file get theirs by the new path"
            )
        if one.failed:
            yield f"  cannot be read, so nothing of it would be removed: {one.failed}"
    for name in gone:
        yield f"{name} goes: its URLs are retired, and visited no more"
