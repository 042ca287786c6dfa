"""The seeder offers the URLs of the configured jobs to the frontier, streaming and in batches."""

import gzip
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from crawler import globbing, naming
from crawler.config import Job
from crawler.frontier import Frontier
from crawler.log import Log
from crawler.model import Seed
from crawler.native import Native
from crawler.urls import MAX_URL, canonical, fingerprint, host_of, masked

BATCH = 1000
SHOWN = 20
"""Bad lines of a job that are told one by one; the rest is counted."""
UNREADABLE = (OSError, EOFError, zlib.error)
"""What reading a list, plain or gzip, may end with."""
_BLOCK = 262_144
_GZIP = b"\x1f\x8b"

Entry = tuple[str, str, Mapping[str, str]]
"""Where a URL is listed, the URL, and what its globs bound."""


@dataclass(slots=True)
class Listing:
    """What came of one job's lists."""

    job: str
    listed: int = 0
    added: int = 0
    bad: int = 0


class Seeder:
    """Reads every job's lists once."""

    def __init__(
        self,
        frontier: Frontier,
        jobs: Sequence[Job],
        log: Log,
        *,
        look: Callable[[], None],
        recount: bool = False,
        limit: int | None = None,
        bad: Callable[[str, str], None] | None = None,
    ) -> None:
        self._frontier = frontier
        self._jobs = jobs
        self._log = log
        self._look = look
        self._recount = recount
        self._limit = limit
        self._bad = bad
        self.listings: list[Listing] = []
        self.done = False
        self.failed = 0
        """Lists that could not be read to their end."""

    def run(self) -> None:
        """Offer everything; a list that cannot be read is told, and stops no other."""
        self.listings = []
        with Native(1) as native:
            for job in self._jobs:
                listing = Listing(job.name)
                self.listings.append(listing)
                try:
                    self._offer(job, listing, native)
                except UNREADABLE as error:
                    self.failed += 1
                    self._log.error("list.failed", job=job.name, cause=f"{job.url_file}: {error}")
                self._log.info(
                    "job.synced", job=job.name, listed=listing.listed, added=listing.added,
                    bad=listing.bad,
                )  # fmt: skip
        self.done = True
        self._look()

    def _offer(self, job: Job, listing: Listing, native: Native) -> None:
        for batch in _batches(islice(job_urls(job, native), self._limit), BATCH):
            seeds = [seed for seed in (self._seed(job, listing, *entry) for entry in batch) if seed]
            listing.listed += len(batch)
            listing.added += self._frontier.add(
                job.name,
                seeds,
                time.time(),
                recount=self._recount,
            )
            self._look()

    def _seed(
        self, job: Job, listing: Listing, where: str, text: str, bound: Mapping[str, str]
    ) -> Seed | None:
        try:
            return seed_of(job, text, bound)
        except ValueError as error:
            listing.bad += 1
            if self._bad:
                self._bad(text, f"{where}: {error}")
            elif listing.bad <= SHOWN:
                self._log.warning(
                    "url.bad", job=job.name, place=where, url=masked(text), reason=str(error)
                )
            return None


def seed_of(job: Job, text: str, bound: Mapping[str, str]) -> Seed:
    """Return what the frontier is offered for a URL as listed.

    Raises:
        ValueError: it is no URL that can be fetched.
    """
    url = canonical(text)
    number = fingerprint(job.name, url)
    path = naming.path_of(job.path, job.name, url, number, bound) if bound else None
    return Seed(number, url, host_of(url), path)


def job_urls(job: Job, native: Native) -> Iterator[Entry]:
    """Yield (place, URL, what its globs bound) for everything a job lists, never holding it all."""
    fields = set(naming.fields_of(job.path)) - set(naming.FIELDS)
    for at, text in enumerate(job.urls):
        for url, bound in globbing.parse(text):
            yield f"urls[{at}]", url, {name: bound[name] for name in fields}
    if job.url_file:
        for number, line in lines_of(job.url_file, native):
            yield f"{job.url_file}:{number}", line, {}


def lines_of(file: Path, native: Native) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a list that hold a URL; gzip is told by its first bytes."""
    with closing(native.call(_open, file)) as stream:
        number, rest = 0, b""
        while block := native.call(stream.read, _BLOCK):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                number += 1
                yield from _entry(number, line)
            rest = rest[: 4 * MAX_URL]  # a line without end is bad, not big
        yield from _entry(number + 1, rest)


def _entry(number: int, line: bytes) -> Iterator[tuple[int, str]]:
    text = line.decode("utf-8", "replace").strip("\ufeff \t\r\n\v\f")
    if text and not text.startswith("#"):
        yield number, text


def _open(file: Path) -> IO[bytes]:
    stream = file.open("rb")  # peeked at, not sought in: it may be a pipe
    zipped = stream.peek(2)[:2] == _GZIP
    return gzip.GzipFile(fileobj=stream) if zipped else stream  # type: ignore[return-value]


def _batches(items: Iterable[Entry], size: int) -> Iterator[list[Entry]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
