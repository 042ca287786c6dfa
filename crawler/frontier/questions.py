"""What is asked of the frontier from outside, and which changes it is asked for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from crawler.frontier.answers import Entry, HostState, KnownUrl, Listing, UnknownUrl
from crawler.frontier.list_values import KnownChunk, SourceState
from crawler.frontier.values import Filed, Said
from crawler.model import Seconds
from crawler.policy.patience import Waiting
from crawler.records import StoredFile

Answer = TypeVar("Answer")


class Query(Generic[Answer]):
    """What a page is of: rows of `Answer`, in the order in which they became known."""


@dataclass(frozen=True, slots=True)
class Wanted(Query[Entry]):
    """URLs; what is left out holds for all."""

    job: str | None = None
    host: str | None = None
    """name or name:port"""
    kinds: tuple[str, ...] = ()
    """Of the last visit that was an end."""
    states: tuple[str, ...] = ()
    since: Seconds | None = None
    """Wall time of the last visit, or of the end if there was none."""


@dataclass(frozen=True, slots=True)
class Listings(Query[Listing]):
    """How often URLs were listed, by kind of their last visit."""


@dataclass(frozen=True, slots=True)
class HostsMet(Query[HostState]):
    """All hosts ever met."""


@dataclass(frozen=True, slots=True)
class Waits(Query[Waiting]):
    """Hosts at which URLs wait, and what for."""

    now: Seconds


@dataclass(frozen=True, slots=True)
class StoredFiles(Query[StoredFile]):
    """The stored files; the file of a task that is being visited is left out."""


@dataclass(frozen=True, slots=True)
class Unneeded(Query[StoredFile]):
    """The files of a job's retired URLs, a few at a time: each is looked at as a whole."""

    job: str


@dataclass(frozen=True, slots=True)
class Forgettable(Query[StoredFile]):
    """The files of the URLs that `Forget` would forget, a few at a time."""

    until: Seconds


@dataclass(frozen=True, slots=True)
class Sources(Query[tuple[str, SourceState]]):
    """A job's sources as they were applied last, each with its name."""

    job: str


@dataclass(frozen=True, slots=True)
class Chunks(Query[tuple[int, KnownChunk]]):
    """The chunks of a source as they were read last, each with its anchor."""

    source: int


@dataclass(frozen=True, slots=True)
class FiledOf(Query[Filed]):
    """How many listed URLs of a job have a file, one row for each slice of all URLs."""

    job: str


class Question(Generic[Answer]):
    """What is asked at once; as long as the question is, so is the answer bounded."""


@dataclass(frozen=True, slots=True)
class AboutUrl(Question[Sequence[KnownUrl] | UnknownUrl]):
    """All that the ledger knows of a canonical URL, by job; or of what is near it."""

    url: str
    spellings: Sequence[str] = ()
    """Other spellings of it, which are looked up if no job knows it."""


@dataclass(frozen=True, slots=True)
class WaitsAt(Question[Sequence[Waiting]]):
    """What hosts wait for, by their numbers."""

    hosts: Collection[int]
    now: Seconds


@dataclass(frozen=True, slots=True)
class SaidOf(Question[Said]):
    """What the lists say of a URL now, by its number; one in memory may be older."""

    task: int


@dataclass(frozen=True, slots=True)
class UrlsOf(Question[Sequence[int]]):
    """The fingerprints of the URLs on a chunk, in its order."""

    source: int
    anchor: int


@dataclass(frozen=True, slots=True)
class Still(Question[Sequence[StoredFile]]):
    """Which of these files the ledger still has as they are, and nobody visits."""

    files: Sequence[StoredFile]


@dataclass(frozen=True, slots=True)
class StillForgettable(Question[Sequence[StoredFile]]):
    """Which of these files the ledger still has as they are, of URLs that `Forget` would forget."""

    files: Sequence[StoredFile]
    until: Seconds


@dataclass(frozen=True, slots=True)
class Unnamed(Question[Sequence[str]]):
    """Which of these names no task has, and which parts are of no task."""

    paths: Sequence[str]
    parts: Sequence[tuple[str, int]] = ()
    """Each with the fingerprint in its name."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Make URLs due whose last visit was a bad end, with all their attempts.

    That is what was given up, and what a schedule would visit again later. Jobs that the
    configuration no longer has are left. It counts by kind.
    """

    wanted: Wanted
    dry: bool = False
    """Only count."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Forget URLs that no list of the configuration names, and last heard of by `until`.

    These are the retired URLs, and all of jobs that the configuration no longer has. If such a job
    comes back its lists say anew what was forgotten, and nothing else.
    """

    until: Seconds
    dry: bool = False
    """Only count."""


@dataclass(frozen=True, slots=True)
class BeginArchive:
    """Let a new run of `crawler fetch --archive` begin: nothing is listed yet.

    What failed is retired until it is listed, and begins anew then.
    """


@dataclass(frozen=True, slots=True)
class Believe:
    """Have the next pass of a job's lists applied that has lost no more; it counts their URLs.

    A job that is not there, or of which nothing is held, is a UsageError.
    """

    job: str


@dataclass(frozen=True, slots=True)
class Revisit:
    """Make URLs due whose files are gone, as if nothing had been stored.

    What has changed since they were looked up, or is not listed any more, stays and is not counted.
    """

    files: Sequence[StoredFile]


@dataclass(frozen=True, slots=True)
class LetGo:
    """Note that files are removed, of retired URLs and of jobs that the configuration has not.

    A URL that was listed again meanwhile is due, for its file is gone, and is not counted.
    """

    files: Sequence[StoredFile]


@dataclass(frozen=True, slots=True)
class Rename:
    """Note that a file bears another name that was claimed; the old name is free.

    It counts 1, also if another process noted the same before; 0 if the file has changed meanwhile.
    """

    file: StoredFile
    path: str


Action = Retry | Forget | BeginArchive | Believe | Revisit | LetGo | Rename
"""What `change` does."""
