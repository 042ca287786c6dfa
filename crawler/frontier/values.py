"""The values that the frontier's verbs take and return, beside those of model and records."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import NamedTuple

from crawler.cookie import SetCookies
from crawler.frontier.metrics import Gauges, Totals
from crawler.model import Kept, Seconds, Task
from crawler.policy.course import Course
from crawler.records import Health, Rest, Robots
from crawler.value import value

FOREIGN_S: Seconds = 60.0
"""How long a host is ready before machines without its files may take it."""
LEASE_S: Seconds = 60.0
"""How long an owner that stops renewing keeps its hosts."""
STALLED_FACTOR = 10
"""How many leases long a process may be silent while it is seen to live on this machine."""
NO_RULES: Mapping[str, bool | None] = {}
"""Nothing is said of the robots.txt of hosts."""
NO_CLAIMS: Mapping[int, str] = {}
NO_COOKIES: Sequence[SetCookies] = ()
NOTHING_KEPT: Mapping[int, Kept] = {}
NOBODY: Mapping[int, Seconds] = {}
BEFORE_ALL = -(2**63)
"""A cursor before every fingerprint."""
MAX_CRASHES = 10
"""Crashes of the process that end a URL, of the kind `bug`; a visit that does the host well, or a
retry, ends the count. One with more than 8 tasks in flight counts a tenth. A suspect waits, for up
to 8 s, a time of its own."""


class Passes(NamedTuple):
    """How the passes of jobs with a budget are."""

    endless: Mapping[str, Seconds]
    """By job, the wall time at which a pass has begun whose end is not noted yet."""
    due: bool
    """Whether `Reckon` has anything to do beside noting these."""


@value
class LeasedHost:
    """A host that the caller owns now, and the tasks it may visit."""

    id: int
    key: str
    """name:port"""
    next_at: Seconds
    """Wall time before which nothing is to be visited."""
    delay: Seconds
    per_host: int
    """Its delay and slots: the strictest of the active jobs that list it."""
    tasks: tuple[Task, ...]
    looked_for: int = 1000
    """How many tasks were looked for: where fewer came, no more are due."""
    jobs: tuple[str, ...] = ()
    """The caller's jobs that visit it."""
    crawl_delay: Seconds = 0.0
    """Delay that its robots.txt asks for; 0 where that is not obeyed."""
    address: str | None = None
    """IP address at which it was found last."""
    health: Health = field(default_factory=Health)
    rest: Rest = field(default_factory=Rest)
    opens_at: Seconds = 0.0
    """Wall time until which it is closed, as far as is recorded."""
    address_answered_at: Seconds = 0.0
    """Wall time at which the last answer from its address began to arrive."""
    rules_version: int = 0
    """Grows whenever its robots.txt was asked for."""
    robots: tuple[Robots, ...] = ()
    """Of a host just taken, whose robots.txt is obeyed: what is known of it, unless it is long."""
    jars: tuple[SetCookies, ...] = ()
    """Those of the caller's jobs that keep cookies, as far as they are for the host."""

    def moved(self, by: Seconds) -> "LeasedHost":
        """Return it with the times of what it is owed that much later."""
        return replace(
            self,
            health=self.health.moved(by),
            rest=self.rest.moved(by),
            address_answered_at=self.address_answered_at + by,
        )


@value
class Lease:
    """The answer to `lease`."""

    hosts: tuple[LeasedHost, ...]
    """Hosts taken now, and hosts that were to be refilled."""
    surplus: int = 0
    """Number of hosts held beyond the fair share while no host is free."""
    moving: int = 0
    """Number of hosts to be given a new home: machines with other stores have less."""
    next_at: Seconds | None = None
    """Wall time at which the next unowned host is ready; None if none waits for a time."""
    more: bool = False
    """Whether ready hosts were left that were not looked at."""
    refused: frozenset[int] = frozenset()
    """Numbers of the hosts that went back: another process holds a host at their address."""
    answered_at: Mapping[str, Seconds] = field(default_factory=dict)
    """Wall times at which the last answers from the addresses of moved hosts began to arrive."""
    course: Course = field(default_factory=Course)
    """How the frontier's clock runs; `now` goes by it from here on."""

    def moved(self, by: Seconds) -> "Lease":
        """Return it with the times of what hosts are owed that much later."""
        hosts = tuple(host.moved(by) for host in self.hosts)
        answered_at = {ip: at + by for ip, at in self.answered_at.items()}
        return replace(self, hosts=hosts, answered_at=answered_at)


class Watched(NamedTuple):
    """Which owners a process has not seen to change, on its own monotonic clock."""

    silent: Mapping[int, Seconds] = NOBODY
    """Owners that did not change for a whole lease, and their `Beat.seen` all that time."""


@value
class Reclaimed:
    """A task that was leased when its owner died; it waits again, or died with the owner."""

    task: Task
    owner: int
    died: bool


@value
class Holder:
    """The configuration of a daemon, which holds the ledger from its start on."""

    name: str
    """Its `crawler.name`."""
    config: str
    """Path of its file, for people."""
    take_over: bool = False
    """Whether a living process of another name may lose the ledger."""


@value
class InForce:
    """The configuration that holds the ledger, and its newest text."""

    name: str
    """Its `crawler.name`; '' if no daemon has held the ledger."""
    generation: int
    """Number of the text; it grows with every one that differs from the last."""
    digest: str
    jobs: Mapping[str, str] = field(default_factory=dict)
    """The digest of each active job, by name."""


@value
class Joined:
    """The answer to `join`: what the ledger was when the process came."""

    owner: int
    """Its number, which is never used again."""
    uid: str
    """The ledger's id."""
    before: InForce
    """The configuration that held the ledger."""
    alive: Seconds | None
    """Wall time at which a process was last seen here; None if there was none."""
    stepped: Seconds
    """Sum of the steps that the frontier's time had made by then; joining may have brought one."""


@value
class Beat:
    """The answer to `beat`: what others have done meanwhile."""

    reclaimed: Sequence[Reclaimed] = ()
    """Tasks of processes that were taken for dead."""
    seen: Mapping[int, Seconds] = field(default_factory=dict)
    """When each owner was last seen, by its own clock: it changes while one lives."""
    in_force: InForce | None = None
    """None where the ledger was moved, or migrated by a newer crawler: this process is to drain."""
    course: Course | None = None
    """How the frontier's clock runs; `now` goes by it from here on."""
    looked: bool = False
    """Whether somebody looks at the visits under way, see `Pulse.visits_under_way`."""
    declared: int = 0
    """Bytes that bodies under way of other processes of this machine are still to bring."""


class UnderWay(NamedTuple):
    """A visit that is being made."""

    url: str
    job: str
    age: Seconds
    """How long it has been going on."""
    bytes: int
    """Of its body, by now."""


@value
class Pulse:
    """State of a process, as other processes and the desk read it."""

    state: str
    config: str = ""
    """Path of its configuration file."""
    busy: int = 0
    """Number of visits under way."""
    declared: int = 0
    """Bytes that bodies under way are still to bring to the disk, as their servers say."""
    visits: int = 0
    """Number of visits since it started."""
    rate: float = 0.0
    """Visits a second, smoothed exponentially."""
    rate_ok: float = 0.0
    """Visits a second that ended well, smoothed likewise."""
    bytes: int = 0
    """Bytes of bodies since it started."""
    trouble: str = ""
    """What troubles it, in words."""
    no_room: bool = False
    """Whether hosts wait that it has no room for, and have done so for FOREIGN_S."""
    paused_at: Seconds | None = None
    """Wall time since when it begins no visit for a fault of this machine; None while it does."""
    paused_for: str = ""
    reloaded_at: Seconds | None = None
    """Wall time of its last reload."""
    reloaded: str = ""
    """What that changed, or why it was refused, in words."""
    visits_under_way: Sequence[UnderWay] = ()
    """The oldest visits under way, where somebody looks."""
    gauges: Gauges = Gauges()
    counted: Totals = field(default_factory=dict)
    """What it has counted since it has joined."""
