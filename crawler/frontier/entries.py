"""What the frontier answers about URLs, one of them or many."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crawler.frontier.answers import HostState
from crawler.model import Seconds
from crawler.records import Robots
from crawler.value import value


@value
class Entry:
    """A URL of a job, as the ledger has it; times are seconds since 1970, None where never.

    What a field of the last visit holds after each verdict stands in `docs/ledger.md`.
    """

    id: int
    fingerprint: int
    job: str
    active: int
    """1 if the configuration has the job."""
    obeys: int
    """1 if the job obeys robots.txt, where the host does not say otherwise."""
    host: str
    """name:port of where it is visited next."""
    host_id: int
    state: int
    """Its place in STATES."""
    due_at: Seconds
    url: str
    location: str | None
    """Where a redirect led; None: nowhere else."""
    path: str | None
    listed: int
    """How often lists name it, and `add` did."""
    attempt: int
    failures: int
    kind: str | None
    """Of the last visit, as the status and what follows it."""
    status: int | None
    size: int | None
    """Bytes of the stored file."""
    digest: bytes | None
    """SHA-256 of the stored file."""
    finished_at: Seconds | None
    reason: str | None
    directives: str | None
    ended: str | None
    """Kind of the last visit that was an end."""
    first_seen: int | None
    success_at: int | None
    """Of the last good end."""
    changed_at: int | None
    """Of the last one that brought other content."""
    unverified: int
    """1 if nothing said where the stored file ends."""
    host_asked: int
    """1 if it waits as its host asked."""
    rank: int
    """Of the due URLs of a job on a host those of the lowest rank go first."""
    meaning: str
    """Mark of the options by which the job's lists were understood."""
    store: int | None
    """Number of the store where its file lies; None: the first one."""
    media_type: str | None = None
    """Of the stored file, as its server said, like the next one."""
    charset: str | None = None
    final_location: str | None = None
    """Where the stored file came from, if not from `url`."""


@value
class KnownUrl:
    """A URL of one job with all that decides when it is visited."""

    entry: Entry
    host: HostState
    robots: Robots | None
    """The record of its origin's robots.txt, if there is one."""
    sources: Sequence[str]
    """Names of the lists on which it stands."""
    before: int
    """URLs of the same job and host that are due before it; the count is bounded."""
    neighbour: int | None
    """The process that visits another host at the same address."""


@value
class UnknownUrl:
    """What is known near a URL that no job knows."""

    near: Sequence[Entry]
    """The same URL in another spelling that the ledger does know."""
    host: HostState | None
    waiting: int
    """URLs of the host that wait; the count is bounded."""
    robots: Robots | None
    """The record of its origin's robots.txt, if there is one."""


@value
class Listing:
    """How often URLs of a slice were listed, of one kind of their last visit."""

    kind: str
    """Empty for URLs that are not over."""
    times: int


@value
class Said:
    """What the lists say of a URL beside naming it."""

    path: str | None
    """Its file, where the list fixes it or it is stored."""
    extra: Mapping[str, str] | None
    """Columns that headers use."""
    checks: str = ""
    """What they say of its body and its mirrors (`policy.checksums`)."""


class Filed(NamedTuple):
    """How many listed URLs of a job have a file, among a slice of all URLs."""

    with_file: int
    without: int
