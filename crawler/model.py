"""The values that travel: Task, Fetched, Outcome, Verdict. All frozen; change is `replace()`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple, TypeVar, dataclass_transform

Seconds = float
"""A duration in seconds, or a point on the clock that the context names."""
DAY_S: Seconds = 86_400.0

V = TypeVar("V")


@dataclass_transform(frozen_default=True)
def value(cls: type[V]) -> type[V]:
    """Make a slotted dataclass that the type checker holds frozen.

    At run time it is not: a dozen of them are made for every visit, and a frozen one takes three
    times as long to make.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


class Kind(StrEnum):
    """How a visit ends, in one word. The list is closed; `retry.KINDS` has a row for each."""

    __hash__ = str.__hash__  # that of an Enum is a function in Python, and not that of its word

    STORED = "stored"
    UNCHANGED = "unchanged"
    NOT_FOUND = "not_found"
    HTTP_ERROR = "http_error"
    REDIRECTED = "redirected"
    ROBOTS = "robots"
    BLOCKED = "blocked"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    TRUNCATED = "truncated"
    PROTOCOL = "protocol"
    DECODE = "decode"
    TOO_BIG = "too_big"
    REDIRECT_LIMIT = "redirect_limit"
    LOCAL_IO = "local_io"
    CANCELLED = "cancelled"
    BUG = "bug"


class Trouble(Exception):  # noqa: N818  a value on its way to becoming an Outcome, not an error of ours
    """A visit ends without a file: raised inside a visit, turned into its Outcome by the worker."""

    def __init__(self, kind: Kind, reason: str, *, ours: bool = False) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.ours = ours


@value
class Validators:
    """What tells two versions of a resource apart (RFC 9110, section 8.8), as it was sent."""

    etag: str | None = None
    last_modified: str | None = None

    def strong(self) -> str | None:
        """Return the one that vouches for every byte, as If-Range needs it.

        A weak ETag does not; a Last-Modified has the resolution of a second and is taken as
        good enough, for the total length is compared too.
        """
        if self.etag:
            return None if self.etag.startswith("W/") else self.etag
        return self.last_modified


@value
class Kept:
    """A part that broke off and may be continued."""

    part: str
    validators: Validators
    total: int
    """Length of the whole body, as declared when the part began."""


@value
class Task:
    """One URL of one job, as leased from the frontier."""

    id: int
    job: str
    url: str
    """Identity: the canonical URL that was asked for."""
    location: str
    """Where it is to be fetched now; differs from `url` after a hop."""
    host: str
    """name:port of `location`."""
    host_id: int
    fingerprint: int
    attempt: int
    """Visits started, this one included."""
    failures: int = 0
    """Visits that ended in a verdict `Again`; the job's `attempts` bounds them."""
    hops: int = 0
    path: str | None = None
    """File relative to the output folder, once fixed by the list or by an earlier visit."""
    stored: Validators | None = None
    """Of what was stored last, for a conditional request."""
    kept: Kept | None = None
    """What an earlier visit left to go on from."""
    due_at: Seconds = 0.0
    """Wall time from which it could be visited."""
    ended: str | None = None
    """Kind of its last visit that was an end; None before the first."""
    digest: str = ""
    """SHA-256 of what was stored last, in hex."""
    every: Seconds | None = None
    """Its own interval, where intervals adapt."""
    extra: Mapping[str, str] | None = None
    """Columns of its list that the job's headers use."""
    robots: bool = False
    """It is a visit to the robots.txt of `url`'s origin, made with the options of `job`."""


@value
class Fetched:
    """What one HTTP exchange brought back. The body is in memory or in a `.part`, never both."""

    status: int
    headers: Mapping[str, str]
    """Names are found in any case."""
    answered_at: Seconds
    """Monotonic time at which the header of the answer had arrived."""
    body: bytes | None = None
    part: str | None = None
    """Name of the `.part`, for the store."""
    size: int = 0
    digest: str = ""
    """SHA-256 of the decoded body, in hex."""
    unverified: bool = False
    """The answer had no framing: its end cannot be told from a cut connection."""
    robots_tags: tuple[str, ...] = ()
    """The X-Robots-Tag lines."""
    head: bytes = b""
    """The beginning of an HTML page."""


@value
class Outcome:
    """How a visit ended: exactly one for every visit."""

    kind: Kind
    status: int | None = None
    size: int = 0
    digest: str = ""
    path: str | None = None
    reason: str = ""
    location: str | None = None
    """Where a redirect points."""
    retry_after: Seconds | None = None
    elapsed: Seconds = 0.0
    last_modified: Seconds | None = None
    """Wall time of the Last-Modified header."""
    unverified: bool = False
    validators: Validators | None = None
    ours: bool = False
    """The fault of this machine as a whole: it pauses, and the URL is not charged."""
    directives: str = ""
    """What the page says to robots about itself: `noindex,nofollow`."""
    asked: bool = True
    """Whether the host was asked for anything; if not it owes no rest."""
    final: bool = False
    """Whatever the kind, there will be no other visit."""
    needs_robots: str | None = None
    """URL of a robots.txt that must be known before the task can be visited."""

    def at(self, path: str) -> "Outcome":
        """Return it with the file it is stored in, as `replace` does in three times the time."""
        kind, status, size, digest, _, *others = _FIELDS(self)
        return Outcome(kind, status, size, digest, path, *others)


_FIELDS = attrgetter(*Outcome.__match_args__)


@value
class Visited:
    """A visit's end on its way to the settler: the outcome, and the body still to be stored."""

    task: Task
    outcome: Outcome
    answered_at: Seconds
    """Monotonic time at which the host's answer began, or at which the visit ended without one."""
    content: bytes | None = None
    part: str | None = None
    cache_control: str = ""
    """Of a robots.txt."""
    spared: bool = False
    """The host pays for this failure; the URL does not."""


@value
class Done:
    """Finished, and well; or until the wall time `next_at`, with an interval of its own."""

    next_at: Seconds | None = None
    every: Seconds | None = None


@value
class Again:
    """To be visited again, not before the wall time `at`."""

    at: Seconds
    charged: bool = True
    """Whether the failure counts against the job's `attempts`."""


@value
class Hop:
    """To be visited at another location, under that host's rules."""

    location: str


@value
class Dead:
    """Given up, still visible in the ledger; or until the wall time `next_at`."""

    reason: str
    next_at: Seconds | None = None
    every: Seconds | None = None


Verdict = Done | Again | Hop | Dead


@value
class Robots:
    """What is known of the robots.txt of one origin; times are wall times."""

    origin: str
    """scheme://name:port"""
    body: bytes | None
    """The last good copy; None: there is none, and everything is allowed."""
    status: int | None
    """Of the last answer."""
    fetched_at: Seconds
    until: Seconds
    """The rules hold until then; after that nothing is visited before they are known again."""
    refresh_at: Seconds
    """When it is to be asked for again."""
    failing_since: Seconds | None = None
    failures: int = 0
    reason: str = ""
    """Why it could not be had."""
    crawl_delay: Seconds = 0.0
    """What our group asks for, as far as it is obeyed."""


@value
class Settlement:
    """A visit's end as the frontier and the log get it."""

    task: Task
    outcome: Outcome
    verdict: Verdict
    finished_at: Seconds
    """Wall time."""
    robots: Robots | None = None
    """What a visit to a robots.txt made known."""


class Seed(NamedTuple):
    """A URL as a list names it, ready for the frontier. Ten million are made of one list."""

    fingerprint: int
    url: str
    host: str
    path: str | None = None
    extra: str | None = None
    """Columns of the list that the job's headers use, as JSON."""


@value
class JobTerms:
    """What the frontier needs to know of a configured job."""

    name: str
    delay: Seconds = 0.0
    per_host: int = 1000
    obeys: bool = False
    """robots.txt"""
    weight: int = 2
    """Its share where several jobs wait: 4 for high priority, 2 for normal, 1 for low."""


@value
class Health:
    """What is remembered of a host beside its next visit; times are wall times."""

    backoff: Seconds = 0.0
    failures: int = 0
    failing_since: Seconds | None = None
    silent: bool = False
    latency: Seconds = 0.0
    spent: int = 0
    """Visits of `day`, in days since 1970."""
    day: int = 0


@value
class HostRecord:
    """A host as the frontier stores it: no visit before the wall time `next_at`."""

    id: int
    next_at: Seconds
    opens_at: Seconds = 0.0
    """No visit before that either: its hours, or its budget of the day."""
    gap: Seconds = 0.0
    """Its delay as it is now, for whoever reclaims it after a crash."""
    address: str | None = None
    health: Health = Health()
