"""What the frontier tells of hosts at three in the morning: which fail and why, and all of one."""

from collections.abc import Sequence
from dataclasses import field

from crawler.frontier.answers import HostState
from crawler.model import Seconds
from crawler.records import Robots
from crawler.value import value

CHOICES = ("at_work", "failing", "resting", "paused")
"""Which hosts are meant: those that a process has, or that are next; those that fail or have banned
us; those that rest for longer than their delay; those that an operator has paused by their names.
"""


@value
class FailureSum:
    """Visits to a host that failed for one cause; times are wall times."""

    host: str
    """name:port"""
    cause: str
    """Kind, with the HTTP status or a word of the reason."""
    times: int
    """Number of visits since `first_at`; it begins anew after a day without one."""
    first_at: Seconds
    last_at: Seconds
    url: str
    """Of the last one."""
    reason: str
    """Of the last one."""
    failing_since: Seconds | None
    """Since when the host fails; None while it does not."""
    well_at: Seconds | None
    """When a visit to the host last brought what was asked for."""


@value
class FailureList:
    """Failures by host and cause, the newest first."""

    rows: Sequence[FailureSum]
    more: int
    """Number of those that were left out."""
    at_least: bool
    """Whether `more` was not counted to its end."""


@value
class Rules:
    """A robots.txt without its text; times are wall times."""

    fetched_at: Seconds
    """0: never."""
    until: Seconds
    """Its rules hold so long."""
    bytes: int
    """Length of the rules; 0: everything is allowed."""
    status: int | None
    """HTTP status of the last answer."""
    failures: int
    """Attempts since then that failed."""
    none_allowed: int
    """Whether the host was given up before its rules were known."""


@value
class HostLine:
    """A host beside others."""

    state: HostState
    waiting: int
    """URLs that wait there; the count is bounded."""
    leased: int
    """URLs that a process has leased: they are being visited, or about to be."""
    last: FailureSum | None
    """Its newest failure."""
    configured: Seconds = 0.0
    """Delay that the jobs ask for which visit it, the longest."""
    obeys: bool = False
    """Whether its robots.txt is asked for: one of these jobs obeys it."""
    robots: "Rules | None" = None
    """What is known of that; None: nothing yet."""


@value
class HostTable:
    """Hosts of a choice, in the order that was asked for."""

    rows: Sequence[HostLine]
    chosen: int
    """How many hosts are of that choice."""
    at_least: bool
    """Whether they were not counted to their end: the order is that of those that were."""


@value
class JobThere:
    """A job that visits a host."""

    name: str
    active: bool
    delay: Seconds
    per_host: int
    obeys: bool
    waiting: int
    """URLs of it that wait there; the count is bounded."""


@value
class HostAccount:
    """All that is known of one host."""

    line: HostLine
    jobs: Sequence[JobThere]
    robots: Sequence[Robots]
    """Records of its origins."""
    failures: Sequence[FailureSum] = field(default_factory=list)
    """Its failures by cause, the newest first."""
    neighbour: int | None = None
    """The process that visits another host at the same address."""


@value
class WaitsThere:
    """URLs of a job that wait at a host."""

    host: HostState
    job: str
    per_host: int
    """Visits of the job to a host at the same time."""
    urls: int
    """How many wait; the count is bounded."""
    due: int
    """How many of them are due; likewise."""
    first_at: Seconds
    """Due time of the first one."""
    delay: Seconds = 0.0
    """That the job asks for."""


@value
class Backlog:
    """What waits where."""

    waits: Sequence[WaitsThere]
    complete: bool
    """Whether that is all that waits."""
