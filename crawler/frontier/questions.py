"""What is asked of the frontier from outside at once; `queries` has what comes page by page."""

from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

from crawler.cookie import Cookie
from crawler.frontier.answers import Login, ServerAccount, Soundness
from crawler.frontier.entries import Entry, KnownUrl, Said, UnknownUrl
from crawler.frontier.hosts import Backlog, FailureList, HostAccount, HostTable
from crawler.frontier.metrics import Sample, Totals
from crawler.frontier.outbox import HookState
from crawler.frontier.values import Passes, UnderWay
from crawler.frontier.wishes import Subject
from crawler.model import FIRST_STORE, Seconds
from crawler.policy.patience import Waiting
from crawler.records import Robots
from crawler.stored_files import StoredFile
from crawler.value import value

Answer = TypeVar("Answer")


class Question(Generic[Answer]):
    """What is asked at once; as long as the question is, so is the answer bounded."""


@value
class AboutUrl(Question[Sequence[KnownUrl] | UnknownUrl]):
    """All that the ledger knows of a canonical URL, by job; or of what is near it.

    It is for a person who waits: each spelling is one look a job, and the lists of the jobs that
    know the URL are looked through, 8 bytes for a URL on them.
    """

    url: str
    spellings: Sequence[str] = ()
    """Other spellings of it, which are looked up if no job knows it."""


@value
class JarOf(Question[Sequence[Cookie]]):
    """The cookies of a job's jar, those that are gone too."""

    job: str
    jar: str


@value
class CookiesOf(Question[Sequence[Cookie]]):
    """All cookies that a job keeps, without their values; up to 10,000, and a few more."""

    job: str
    now: Seconds


@value
class FailuresOf(Question[FailureList]):
    """Visits that failed, by host and cause, the newest first."""

    since: Seconds
    """Wall time; older ones are left out."""
    host: str | None = None
    """name:port, or a name for all of its ports."""
    limit: int = 50


@value
class HostsOf(Question[HostTable]):
    """The first hosts of a choice, in an order."""

    choice: str
    """One of `hosts.CHOICES`."""
    order: str
    """Of `HOST_ORDERS`."""
    now: Seconds
    limit: int = 20


@value
class BacklogOf(Question[Backlog]):
    """What waits at the hosts that are at work or next, as far as a bound."""

    now: Seconds


@value
class AboutHost(Question[Sequence[HostAccount]]):
    """All that is known of the host name:port, or of every host of a name."""

    name: str


@value
class FilesNamed(Question[Sequence[Entry | None]]):
    """The URLs that have the names of files, and those of fingerprints; None where none has.

    It is one look for each.
    """

    paths: Sequence[str]
    fingerprints: Sequence[int] = ()
    store: int = FIRST_STORE
    """Where the files lie."""


@value
class VisitsUnderWay(Question[Sequence[tuple[int, UnderWay]]]):
    """What processes told last of their oldest visits, each with its owner."""

    now: Seconds


@value
class Samples(Question[Sequence[Sample]]):
    """How the crawler was from time to time, the oldest first, `most` samples at most.

    There is one each 10 s of the last hour, and one each 10 min of the last week: where `since` and
    `until`, wall times, are no further apart than an hour, they are those of the hour, if it has
    any. Of more than `most` each stands for several.
    """

    since: Seconds
    until: Seconds
    most: int = 400


@value
class Counters(Question[Totals]):
    """The sums that only grow, of all processes there ever were.

    Those of jobs that the configuration has no more are of no job.
    """


@value
class PassesOf(Question[Passes]):
    """How the passes of the jobs are that have a budget."""

    now: Seconds
    listed: bool
    """As `Reckon` has it."""


@value
class Hooks(Question[Sequence[HookState]]):
    """The hooks that the ledger knows, with what waits for them."""


@value
class SessionOf(Question[Login]):
    """How the session of a job is that logs in."""

    job: str


@value
class RobotsOf(Question[Robots | None]):
    """The robots.txt of an origin (scheme://name:port); None if it was never read."""

    origin: str


@value
class WaitsAt(Question[Sequence[Waiting]]):
    """What hosts wait for, by their numbers."""

    hosts: Collection[int]
    now: Seconds


@value
class InFlight(Question[int]):
    """How many URLs of a wish's subject are leased: they are being visited, or about to be."""

    subject: Subject


@value
class SaidOf(Question[Said]):
    """What the lists say of a URL now, by its number; one in memory may be older."""

    task: int


@value
class UrlsOf(Question[Sequence[int]]):
    """The fingerprints of the URLs on a chunk, in its order."""

    source: int
    anchor: int


@value
class Still(Question[Sequence[StoredFile]]):
    """Which of these files the ledger still has as they are, and nobody visits."""

    files: Sequence[StoredFile]


@value
class StillForgettable(Question[Sequence[StoredFile]]):
    """Which of these files the ledger still has as they are, of URLs that `Forget` would forget."""

    files: Sequence[StoredFile]
    until: Seconds


@value
class Integrity(Question[Soundness]):
    """Whether the file is whole; it is read from its begin, and others write on meanwhile.

    That takes as long as `within` says, or as the ledger is. A server, which sees to that itself,
    says that nothing is wrong, and that not all was looked at.
    """

    within: Seconds | None = None
    """How long it may be read; None reads all of it."""


@value
class AboutServer(Question[ServerAccount | None]):
    """How the server is that has the ledger; None where a file of this machine is the ledger."""


@value
class Unnamed(Question[Sequence[str]]):
    """Which of these names no task has, and which parts are of no task."""

    paths: Sequence[str]
    parts: Sequence[tuple[str, int]] = ()
    """Each with the fingerprint in its name."""
    store: int = FIRST_STORE
    """Where they lie."""
