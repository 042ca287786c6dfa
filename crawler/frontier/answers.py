"""What the frontier answers about hosts, and pages and sums of what it answers."""

from collections import Counter
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from crawler.model import Seconds
from crawler.policy.host_limits import HostLimits
from crawler.policy.politeness import HostPace
from crawler.policy.rests import NextVisit, next_visit
from crawler.value import value

Cursor = tuple[int, int]
"""Where a change goes on: one of its parts, and a number in it; both are the engine's own."""
START: Cursor = (0, 0)
"""The cursor of a change that has not begun."""
SHORTEST_S: Seconds = 0.001
"""Time between two visits that a rate is told of at least."""
Row = TypeVar("Row")


@value
class Page(Generic[Row]):
    """A slice of what was asked for; it may be empty and not be the last."""

    rows: Sequence[Row]
    after: int | None
    """The cursor to go on from; None at the end."""


@value
class Changed:
    """What a slice of a change came to."""

    counts: "Counter[str]"
    """Numbers of URLs, by kind of their last end where the change is one of ended URLs."""
    after: Cursor | None = None
    """The cursor to go on from; None at the end."""


@value
class ServerAccount:
    """A server that has the ledger, as this program sees it from where it is."""

    version: str
    round_trip: Seconds
    """The shortest of a few."""
    bytes: int
    """Of the tables, with their indexes."""
    used: int
    """Connections that are there, of all programs."""
    most: int
    """Connections that this user may be among."""
    off: Sequence[str]
    """Settings without which a crash of the server loses what it said is done."""
    encrypted: bool
    """Whether the connection is, or is within one machine."""
    denied: Sequence[str]
    """What this user may not do."""


@value
class HostState:
    """A host, as the ledger has it; times are wall times."""

    id: int
    key: str
    """name:port"""
    next_at: Seconds
    ready_at: Seconds | None
    owner: int | None
    opens_at: Seconds
    gap: Seconds
    address: str | None
    backoff: Seconds
    failures: int
    failing_since: Seconds | None
    silent: int
    spent: int
    day: int
    rules_until: Seconds
    asked_until: Seconds
    crawl_delay: Seconds
    answered_at: Seconds
    failed_until: Seconds
    put_off_until: Seconds
    turn_at: Seconds
    refusals: int
    refused_since: Seconds | None
    latency: Seconds
    rules_version: int
    obeys: int | None
    parked: int
    well_at: Seconds | None
    share: float | None
    first_failed_at: Seconds | None
    spacing: Seconds | None
    per_day: int | None

    @property
    def failed_at(self) -> Seconds | None:
        """Return when the first of its failures in a row was; None while it does not fail."""
        return self.failing_since and (self.first_failed_at or self.failing_since)

    @property
    def banned(self) -> bool:
        """Tell whether it rests as one that refuses everything, however many refusals that takes.

        After refusals nothing but a ban has a host rest for longer than its delay.
        """
        rests_s = self.failed_until - self.answered_at
        return bool(self.refusals) and not self.failures and rests_s > 1.5 * self.gap

    def rate(self, now: Seconds) -> float:
        """Return its visits a second, lately; 0 if it has none."""
        if self.spacing is None:
            return 0.0
        return 1.0 / max(self.spacing, now - self.answered_at, SHORTEST_S)

    def rest(self, now: Seconds) -> NextVisit:
        """Return until when it rests, its hours and budget apart, and what for.

        It is what the process that had it last has found, under the limits of its configuration.
        """
        pace = HostPace(self.turn_at, HostLimits(delay=self.gap), self.answered_at)
        pace.failed_until, pace.put_off_until = self.failed_until, self.put_off_until
        pace.crawl_delay, pace.refusals.number = self.crawl_delay, self.refusals
        pace.refusals.limit = self.refusals + (not self.banned)
        if self.backoff >= self.gap:  # its delay was nothing else
            pace.limits, pace.backoff = HostLimits(), self.backoff
        pace.derive()
        return next_visit(pace, now)

    def gated(self, now: Seconds) -> bool:
        """Tell whether it is visited only for its robots.txt now."""
        return self.rules_until <= now < self.asked_until


@value
class Soundness:
    """Whether the ledger's file is whole, as far as it was looked at."""

    problems: Sequence[str]
    """What is wrong with it, the first few."""
    whole: bool
    """Whether all of it was looked at."""


class Login(NamedTuple):
    """How the session of a job is; times are wall times."""

    made_at: Seconds = 0.0
    """When it began; 0 before the first."""
    ended: bool = False
    """Whether visits found it over."""
    failures: int = 0
    """Logins in a row that brought no visit what it asked for."""
    next_at: Seconds = 0.0
    """No login is made before."""
    reason: str = ""
    """Why the last one failed."""
    refused: bool = False
    """Whether the last one failed as the next one would."""

    @property
    def valid(self) -> bool:
        """Tell whether visits may go by it."""
        return self.made_at > 0 and not self.ended


NO_LOGIN = Login()
