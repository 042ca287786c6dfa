"""Values of a visit: Task, Fetched, Outcome, Visited. Change is `replace()`, but for a Visited."""

from collections.abc import Mapping
from enum import StrEnum

from crawler.value import mutable, value

Seconds = float
"""A duration in seconds, or a point on the clock that the context names."""
DAY_S: Seconds = 86_400.0
FIRST_STORE = 1
"""Number of the output folder that a ledger met first; most ledgers meet no other."""


class Kind(StrEnum):
    """How a visit ends, in one word. The list is closed; `retry.KINDS` has a row for each."""

    __hash__ = str.__hash__  # that of an Enum is a function in Python, and not that of its word
    STORED = "stored"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    UNWANTED = "unwanted"
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
    MISMATCH = "mismatch"
    TOO_BIG = "too_big"
    REDIRECT_LIMIT = "redirect_limit"
    LOCAL_IO = "local_io"
    CANCELLED = "cancelled"
    BUG = "bug"


class Trouble(Exception):  # noqa: N818  a value on its way to becoming an Outcome, not an error of ours
    """A visit ends without a file: raised inside a visit, turned into its Outcome by the worker."""

    def __init__(
        self,
        kind: Kind,
        reason: str,
        *,
        ours: bool = False,
        final: bool = False,
        spared: bool = False,
        wait: Seconds = 0.0,
        status: int | None = None,
        refused: bool | None = None,
        at_proxy: bool = False,
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.ours = ours
        self.final = final
        self.spared = spared
        self.wait = wait
        self.status = status
        self.refused = refused
        self.at_proxy = at_proxy


@value
class Validators:
    """Marks that tell two versions of a resource apart (RFC 9110, 8.8), as they were sent."""

    etag: str | None = None
    last_modified: str | None = None

    def strong(self) -> str | None:
        """Return the one that vouches for every byte, as If-Range needs it (RFC 9110, 13.1.5).

        A weak ETag does not. A Last-Modified does where `resume.keepable` took it.
        """
        if self.etag and self.etag.startswith("W/"):
            return None
        return self.etag or self.last_modified


@value
class Kept:
    """A part that broke off and may be continued; the whole body has `total` bytes."""

    part: str
    validators: Validators
    total: int


@value
class Task:
    """One URL of one job, as leased from the frontier."""

    id: int
    job: str
    url: str
    """Identity: the canonical URL that was asked for."""
    location: str
    """URL to be fetched now; differs from `url` after a hop."""
    host: str
    """name:port of `location`."""
    host_id: int
    fingerprint: int
    attempt: int
    """Visits started, this one included."""
    failures: int = 0
    """Visits that ended in a verdict `Again`; the job's `attempts` bounds them."""
    put_off: int = 0
    """Visits that its host put off (429, or 503 with a time) since its last end."""
    hops: int = 0
    path: str | None = None
    """File relative to the output folder, once fixed by the list or by an earlier visit."""
    stored: Validators | None = None
    """Validators of the stored file, for a conditional request."""
    kept: Kept | None = None
    """Part of the body that an earlier visit left to go on from."""
    due_at: Seconds = 0.0
    """Wall time from which it could be visited."""
    ended: str | None = None
    """Kind of its last visit that was an end; None before the first."""
    digest: str = ""
    """SHA-256 of the stored file, in hex."""
    every: Seconds | None = None
    """Its own interval, where intervals adapt."""
    extra: Mapping[str, str] | None = None
    """Columns of its list that the job's headers use."""
    robots: bool = False
    """Whether it is a visit to a robots.txt, made with the options of `job`."""
    rules_version: int = 0
    """Version of the host's robots.txt rules that the ledger had when the task was leased."""
    listed: bool = True
    """Whether a list names its URL; for a robots.txt, whether one does that waits for it."""
    checks: str = ""
    """What its list says of its body and its mirrors (`policy.checksums`), as the ledger has it."""
    here: bool = True
    """Whether its file, if it has one, lies where this process stores files."""
    jar: str | None = None
    """Cookies that redirects have set which led to `location`, packed."""


@value
class Fetched:
    """Answer of one HTTP exchange. The body is in memory or in a `.part`, never both."""

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
    differing: str = ""
    """Names of fields that may stand there once, and stand there twice with different values."""
    refused: str = ""
    """What of the answer its job takes for a refusal, beside its status."""
    jar: str | None = None
    """Of a redirect: the cookies of the visit with those that it sets, packed."""


@value
class Outcome:
    """How a visit ended: exactly one for every visit."""

    kind: Kind
    status: int | None = None
    size: int = 0
    digest: str = ""
    path: str | None = None
    """File relative to the output folder; until the body is stored, the one it is meant for."""
    reason: str = ""
    location: str | None = None
    """URL to which a redirect leads."""
    retry_after: Seconds | None = None
    elapsed: Seconds = 0.0
    last_modified: Seconds | None = None
    """Wall time of the Last-Modified header."""
    unverified: bool = False
    validators: Validators | None = None
    ours: bool = False
    """The fault of this machine as a whole: it pauses, and the URL is not charged."""
    directives: str = ""
    """Words of the page to robots about itself: `noindex,nofollow`."""
    asked: bool = True
    """Whether the host was asked for anything; if not it owes no rest."""
    final: bool = False
    """Whatever the kind, there will be no other visit."""
    needs_robots: str | None = None
    """URL of a robots.txt that must be known before the task can be visited."""
    media_type: str | None = None
    """type/subtype of the stored body, as the server said (RFC 9110 section 8.3.1)."""
    charset: str | None = None
    """Character encoding of the stored body, as the server said."""
    wait: Seconds = 0.0
    """How long the URL, which is not charged, waits for this machine; 0 where it does not."""
    refused: bool | None = None
    """Whether its job takes it for a refusal; None where the job leaves that to its status."""
    jar: str | None = None
    """Of a redirect: the cookies that go on with the visit, packed."""
    differences: tuple[tuple[tuple[str, ...], int], ...] = ()
    """Bytes that differ from the file before, by what is ignored, where a hook wants to know."""
    sessionless: bool = False
    """Whether it was refused because its job's session is over: it is made again after a login."""


@mutable
class Visited:
    """The end of a visit on its way to the settler, which takes the body off once it is stored."""

    task: Task
    outcome: Outcome
    answered_at: Seconds
    """Monotonic time at which the host's answer began, or at which the visit ended without one."""
    content: bytes | None = None
    part: str | None = None
    cache_control: str = ""
    """Header of the answer, for a robots.txt alone."""
    spared: bool = False
    """The host pays for this failure, or nobody does; the URL does not."""
    wanted: str = ""
    """File that the task was meant for when the visit began, relative to the output folder."""
    named: str = ""
    """File that it is meant for by its answer, where that decides; `wanted` has its part."""
