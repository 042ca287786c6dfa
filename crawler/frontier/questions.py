"""What is asked of the frontier from outside; `actions` has the changes it is asked for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from crawler.frontier.answers import Entry, HostState, KnownUrl, Listing, Soundness, UnknownUrl
from crawler.frontier.hosts import Backlog, FailureList, HostAccount, HostTable
from crawler.frontier.list_values import KnownChunk, SourceState
from crawler.frontier.values import Filed, Said
from crawler.frontier.wishes import Subject, Wish
from crawler.model import Seconds
from crawler.policy.patience import Waiting
from crawler.records import Robots, StoredFile

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
    """Of the last visit."""
    states: tuple[str, ...] = ()
    since: Seconds | None = None
    """Wall time of the last visit, or of the end if there was none."""
    last_ends: tuple[str, ...] = ()
    """Kinds of the last visit that was an end."""


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
class Wishes(Query[Wish]):
    """The wishes that stand, those too whose time is over and that nobody has taken back yet."""


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
class FailuresOf(Question[FailureList]):
    """Visits that failed, by host and cause, the newest first."""

    since: Seconds
    """Wall time; older ones are left out."""
    host: str | None = None
    """name or name:port"""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class HostsOf(Question[HostTable]):
    """The first hosts of a choice, in an order."""

    choice: str
    """One of `hosts.CHOICES`."""
    order: str
    """Of `hosts.ORDERS`."""
    now: Seconds
    limit: int = 20


@dataclass(frozen=True, slots=True)
class BacklogOf(Question[Backlog]):
    """What waits at the hosts that are at work or next, as far as a bound."""

    now: Seconds


@dataclass(frozen=True, slots=True)
class AboutHost(Question[Sequence[HostAccount]]):
    """All that is known of the host name:port, or of every host of a name."""

    name: str


@dataclass(frozen=True, slots=True)
class FilesNamed(Question[Sequence[Entry | None]]):
    """The URLs that have the names of files, and those of fingerprints; None where none has."""

    paths: Sequence[str]
    fingerprints: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class RobotsOf(Question[Robots | None]):
    """The robots.txt of an origin (scheme://name:port); None if it was never read."""

    origin: str


@dataclass(frozen=True, slots=True)
class WaitsAt(Question[Sequence[Waiting]]):
    """What hosts wait for, by their numbers."""

    hosts: Collection[int]
    now: Seconds


@dataclass(frozen=True, slots=True)
class InFlight(Question[int]):
    """How many URLs of a wish's subject are leased: they are being visited, or about to be."""

    subject: Subject


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
class Integrity(Question[Soundness]):
    """Whether the file is whole; it is read from its begin, and others write on meanwhile."""

    within: Seconds | None = None
    """How long it may be read; None reads all of it."""


@dataclass(frozen=True, slots=True)
class Unnamed(Question[Sequence[str]]):
    """Which of these names no task has, and which parts are of no task."""

    paths: Sequence[str]
    parts: Sequence[tuple[str, int]] = ()
    """Each with the fingerprint in its name."""
