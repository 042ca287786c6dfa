"""A job's sitemap: one file, or an index of files that may hold indexes, all asked for if changed.

A file that cannot be fetched stops no other; the sitemap as a whole is then not read to its end. A
robots.txt counts as an index: of the sitemaps that its `Sitemap` lines name.
"""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b

from crawler.sources.cache import UNVERIFIED, Cache, Copy
from crawler.sources.contract import (
    LASTMOD,
    MEANING,
    UNREADABLE,
    Blocks,
    Entries,
    Fields,
    Source,
    SourceError,
    Unchanged,
    errors_named,
    failed,
)
from crawler.sources.reading import Opened, stream
from crawler.sources.sitemap_entries import BAD
from crawler.sources.sitemap_files import (
    MAX_BYTES,
    ROBOTS,
    entries,
    is_robots,
    kind_of,
    named_by_robots,
)
from crawler.sources.texts import Plain
from crawler.threads import Native
from crawler.urls import listed, masked

MAX_FILES = 50_000
MAX_NESTED = 2
"""Indexes on the way to a file with URLs."""
MAX_ON_DISK = 10 * 1024**3
"""Bytes of all files of a sitemap."""
_MAX_FAILURES_IN_A_ROW = 5
"""Failures after which the rest is not asked for."""
_MAX_PROBLEMS_NAMED = 3

Found = Copy | bytes
"""A file with URLs, or a bad line for another entry of an index."""


class Sitemap(Source):
    """All URLs of a sitemap, as lines."""

    def __init__(self, url: str, fields: Fields, cache: Cache) -> None:
        super().__init__(f"sitemap:{url}")
        self._url = url
        self._cache = cache
        self._form = Plain(fields)
        self._problems: list[str] = []
        self._room = MAX_ON_DISK

    @property
    def salt(self) -> bytes:
        return MEANING + b"sitemap"

    def read(self, known_version: str) -> Blocks:
        self.version_read, self._problems = "", []
        self._start()
        with errors_named(self.name), Native(1) as native:
            found: Iterator[Found] = self._walk(native)
            if known_version:  # all files are asked for before the first line is read
                files = list(found)
                if not self._problems and _version(files) == known_version:
                    raise Unchanged
                found = iter(files)
            yield from self._read_all(native, found)

    def parse(self, line: bytes) -> Entries:
        if line.startswith(BAD):
            raise ValueError(line.removeprefix(BAD).decode("utf-8", "replace"))
        location, _, modified = line.partition(b"\t")
        bound = {LASTMOD: modified.decode()} if modified.isdigit() else {}
        for url, _ in self._form.parse(location if bound else line):
            yield url, bound

    def _start(self) -> None:
        try:
            self._form.start(b"")
        except ValueError as error:
            raise failed(self.name, str(error)) from None

    def _read_all(self, native: Native, found: Iterator[Found]) -> Blocks:
        whole = _FilesVersion()
        for one in found:
            whole.add(one)
            if isinstance(one, bytes):
                yield [one]
            else:
                yield from self._lines(native, one)
        if self._problems:
            more = len(self._problems) - _MAX_PROBLEMS_NAMED
            tail = f"; and {more} more" if more > 0 else ""
            raise failed(self.name, "; ".join(self._problems[:_MAX_PROBLEMS_NAMED]) + tail)
        self.version_read = whole.version()

    def _walk(self, native: Native) -> Iterator[Found]:
        """Yield the files with URLs, level by level."""
        queue, seen, in_a_row = deque([(self._url, 0)]), {self._url}, 0
        self._room = MAX_ON_DISK
        while queue and in_a_row < _MAX_FAILURES_IN_A_ROW and self._room > 0:
            url, above = queue.popleft()
            copy = self._copy(native, url)
            in_a_row = 0 if copy else in_a_row + 1
            if copy is None:
                continue
            kind = self._kind(native, copy)
            if kind not in {"sitemapindex", ROBOTS}:
                yield copy
            elif above >= MAX_NESTED:
                self._note(f"{masked(url)}: an index below {MAX_NESTED} others")
            else:
                children = _Children(url, seen)
                yield from children.read(self._lines(native, copy))
                queue.extend((child, above + (kind != ROBOTS)) for child in children.urls)
                self._note_none(url, kind, children.urls)
        self._note_left(len(queue))

    def _note_none(self, url: str, kind: str, named: list[str]) -> None:
        if kind == ROBOTS and not named:
            self._note(f"{masked(url)}: it names no sitemap")

    def _note_left(self, number: int) -> None:
        if number:
            why = "after that" if self._room > 0 else f"beyond {MAX_ON_DISK >> 30} GiB in all"
            self._note(f"{number} more files were not asked for {why}")

    def _copy(self, native: Native, url: str) -> Copy | None:
        """Return the file at a URL, or None after noting why it cannot be fetched."""
        try:
            with errors_named(url):
                copy = self._cache.get(url, native, url, keep=MAX_BYTES + 1)
                self._room -= native.call(os.path.getsize, copy.file)
        except SourceError as error:
            self._note(str(error))
            return None
        return copy

    def _kind(self, native: Native, copy: Copy) -> str:
        """Return the kind of a file; note a text whose end cannot be known."""
        if self._by_robots(copy):
            return ROBOTS
        try:
            kind = native.call(kind_of, copy.file)
        except (ValueError, *UNREADABLE):
            return ""  # reading it will say why
        if kind == "text" and copy.unverified:
            self._note(f"{masked(copy.url)}: {UNVERIFIED}")
        return kind

    def _by_robots(self, copy: Copy) -> bool:
        return copy.url == self._url and is_robots(copy.url)

    def _lines(self, native: Native, copy: Copy) -> Blocks:
        try:
            with errors_named(copy.url), closing(Opened(copy.file)) as opened:
                native.call(opened.open)
                named = named_by_robots if self._by_robots(copy) else entries
                yield from stream(native, named(opened.descriptor, copy.url))
        except SourceError as error:
            self._note(str(error))
        except ValueError as error:
            self._note(f"{masked(copy.url)}: {error}")

    def _note(self, problem: str) -> None:
        self._problems.append(problem.removeprefix(f"{masked(self._url)}: "))


class _Children:
    """Entries of an index: URLs not seen before, and bad lines for entries not followed."""

    def __init__(self, index: str, seen: set[str]) -> None:
        self._index = masked(index)
        self._seen = seen
        self.urls: list[str] = []

    def read(self, blocks: Blocks) -> Iterator[bytes]:
        """Take the locations of an index in, and yield bad lines for those not followed."""
        bad = beyond = 0
        reason = ""
        for line in (line for block in blocks for line in block if line):
            try:
                beyond += not self._take(line)
            except ValueError as error:
                bad, reason = bad + 1, str(error)
        if bad:
            yield BAD + f"{bad} sitemaps of {self._index} cannot be fetched: {reason}".encode()
        if beyond:
            text = f"{beyond} sitemaps of {self._index} are beyond the {MAX_FILES:,} of an index"
            yield BAD + text.encode()

    def _take(self, line: bytes) -> bool:
        """Return whether there is room for the URL of a line."""
        if line.startswith(BAD):
            return False
        url = listed(line.decode("utf-8", "replace"))
        if url in self._seen:
            return True
        if len(self._seen) > MAX_FILES:
            return False
        self._seen.add(url)
        self.urls.append(url)
        return True


class _FilesVersion:
    """Makes the version of a sitemap out of its files."""

    def __init__(self) -> None:
        self._digest = blake2b(MEANING, digest_size=16)

    def add(self, one: Found) -> None:
        """Take in the next file or bad line."""
        self._digest.update(one if isinstance(one, bytes) else f"{one.url} {one.digest}\n".encode())

    def version(self) -> str:
        """Return the version of everything taken in."""
        return self._digest.hexdigest()


def _version(found: list[Found]) -> str:
    whole = _FilesVersion()
    for one in found:
        whole.add(one)
    return whole.version()
