"""The contract of a source of a job's URLs, and the values that pass between the two."""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Protocol, Self

from crawler.config.line_values import IN_HEADER
from crawler.errors import CrawlerError
from crawler.model import Trouble, Validators
from crawler.policy import naming
from crawler.urls import masked
from crawler.value import value

UNREADABLE = (OSError, EOFError, zlib.error)
"""Errors of reading a list, plain or gzip."""
Blocks = Iterator[list[bytes]]
"""Lines as they are read, some thousands at a time."""
Entries = Iterable[tuple[str, Mapping[str, str]]]
"""The URL of a line, if it holds one, and the values that the line binds, by name."""

LASTMOD = "<lastmod>"
"""Name that a sitemap's lines bind to the time, in seconds, at which a page was changed."""
MEANING = b"2"
"""Begins every salt; changed when a release comes to read the same line in another way."""


class SourceError(CrawlerError):
    """A source was not read to its end: URLs that it listed count, missing URLs may not be gone."""


class Unchanged(Exception):  # noqa: N818  not a failure: there is nothing to read
    """The content is that of the known version."""


class Lists(Protocol):
    """Options of a job about its lists; those that few jobs have may be missing."""

    @property
    def urls(self) -> Sequence[str]: ...
    @property
    def url_file(self) -> Path | str | None: ...
    @property
    def path(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


@value
class Download:
    """Answer to a conditional request."""

    status: int
    validators: Validators
    file: Path | None = None
    """The body, in a file of its own that the caller takes over; None unless 2xx."""
    digest: str = ""
    """SHA-256 of the body, in hex."""
    content_type: str = ""
    unverified: bool = False
    """The answer had no framing: its end cannot be told from a cut connection."""


FetchList = Callable[[str, Validators | None, Path], Download]
"""Fetches the list at a URL into a file in a folder, if it has other validators than these.

It raises Trouble where there is no answer."""


@value
class Fields:
    """Values that a job needs from a line beside the URL."""

    template: str
    needed: frozenset[str]
    """By `path`: a line without one is bad."""
    wanted: frozenset[str]
    """By `headers`, where braces may be meant as they stand: bound if the list has it."""
    format: str = ""
    """Of the job's lists; "" if each tells its own."""
    url_column: str = "url"
    delimiter: str = ""
    """Between the cells of a table; "" if its header tells."""
    checks: bool = False
    """Whether lines say digests, size and mirrors of the body (`policy.checksums`)."""

    @classmethod
    def of(cls, job: Lists) -> Self:
        """Read a job's templates.

        Raises:
            ValueError: its `path` is not well formed.
        """
        own = frozenset(naming.FIELDS)
        used = frozenset(IN_HEADER.findall("\n".join(job.headers.values())))
        return cls(
            job.path,
            frozenset(naming.fields_of(job.path)) - own,
            used - own,
            getattr(job, "format", None) or "",
            getattr(job, "url_column", "url"),
            getattr(job, "delimiter", None) or "",
            getattr(job, "checksums", False),
        )

    def salt(self, kind: str) -> bytes:
        """Return the bytes that, with its own, decide what a line of a kind means."""
        parts = [kind, self.format, self.url_column, self.delimiter]
        if self.checks:
            parts.append("checksums")
        if self.needed or self.wanted:
            parts += [self.template, *sorted(self.needed), "", *sorted(self.wanted)]
        return MEANING + "\n".join(parts).encode("utf-8", "surrogatepass")


class Source(ABC):
    """One list of URLs. Its methods block only the greenlet that calls them."""

    def __init__(self, name: str) -> None:
        self.name = readable(name)
        """Its identity in the ledger."""
        self.version_read = ""
        """Version of the content that was read to its end."""
        self.times_itself = False
        """Whether it has a deadline of its own."""
        self.unended = ""
        """Why it is not known to be whole, though it was read."""
        self.grew = False
        """Whether it grew while it was read: what came later is not in the reading."""

    @property
    @abstractmethod
    def salt(self) -> bytes:
        """Bytes that, with its own, decide what a line means; known once the first block is."""

    def version(self) -> str:
        """Return a cheap identity of the content; "" if only a reading can tell."""
        return ""

    @abstractmethod
    def read(self, known_version: str) -> Blocks:
        """Yield all lines; a caller that stops early closes the iterator.

        Raises:
            Unchanged: before the first block, if the content is that of the known version.
            SourceError: it cannot be read, or not to its end.
        """

    @abstractmethod
    def parse(self, line: bytes) -> Entries:
        """Return the entries of a line of the last reading; it is never empty.

        Raises:
            ValueError: it is bad; the message says why, without the line.
        """

    def where(self, number: int) -> str:
        """Return where a line stands, for people."""
        return f"{masked(self.name.partition(':')[2] or self.name)}:{number}"


def readable(name: str) -> str:
    r"""Return a name as the ledger may have it: one that is not UTF-8 as `list\xff.txt~HASH`."""
    raw = name.encode("utf-8", "surrogateescape")
    text = raw.decode("utf-8", "backslashreplace")
    return name if text == name else f"{text}~{short_hash(raw)}"


def failed(name: str, reason: str) -> SourceError:
    """Return the error of a source."""
    return SourceError(f"{masked(name)}: {reason}")


def short_hash(content: bytes) -> str:
    """Return 64 bits of hash in hex, for versions."""
    return blake2b(content, digest_size=8).hexdigest()


@contextmanager
def errors_named(name: str) -> Iterator[None]:
    """Turn the errors of reading and fetching into the error of a source.

    Raises:
        SourceError: the context ended with one of them.
    """
    try:
        yield
    except EOFError as error:
        raise failed(name, f"it is not whole: {error}") from error
    except zlib.error as error:
        raise failed(name, f"its gzip is broken: {error}") from error
    except OSError as error:
        raise failed(name, f"cannot be read: {error.strerror or error}") from error
    except Trouble as trouble:
        raise failed(name, f"cannot be fetched: {trouble.reason}") from trouble
