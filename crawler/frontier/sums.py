"""What the frontier answers about the crawler as a whole: its processes, jobs and hosts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import field

from crawler.frontier.answers import HostState, Login
from crawler.frontier.metrics import Gauges
from crawler.frontier.process import Process
from crawler.model import Seconds
from crawler.records import Budget, JobTerms
from crawler.value import value

MAX_RETRYING = 10_000
"""URLs of a job that are tried again are counted so far."""


@value
class Member:
    """A process of the crawler, as the ledger has it; times are wall times."""

    owner: int
    process: Process
    started_at: Seconds
    lease_until: Seconds
    seen_at: Seconds
    state: str
    config: str
    """Path of its configuration, for people."""
    name: str
    """The `crawler.name` of that; '' for a process that never held the ledger."""
    busy: int
    visits: int
    rate: float
    rate_ok: float
    bytes: int
    outdated: int
    """1 while it has an older text of its configuration in force than another process."""
    trouble: str = ""
    """What troubles it, in words."""
    version: str = ""
    """Of the crawler that it is."""
    heard: int = 0
    """Number of the wishes that are in force there."""
    paused_at: Seconds | None = None
    """Since when it begins no visit for a fault of this machine; None while it does."""
    paused_for: str = ""
    reloaded_at: Seconds | None = None
    """Time of its last reload."""
    reloaded: str = ""
    """What that changed, or why it was refused."""
    gauges: Gauges = Gauges()

    def life(self, machine: str, now: Seconds) -> str:
        """Tell whether it is alive, dead, or silent: of another machine only its lease can tell."""
        if self.process.is_gone(machine):
            return "dead"
        return "alive" if self.process.may_live(machine, self.lease_until, now) else "silent"


@value
class Store:
    """An output folder in which files lie."""

    number: int
    uid: str
    """In its mark."""
    machine: str
    """Host name of the one whose process began to store there last."""
    folder: str
    """Its path there."""
    seen_at: Seconds
    """Wall time of that."""


@value
class Spent:
    """What a job may spend in a pass, and has spent in this one; times are wall times."""

    budget: Budget
    bytes: int
    urls: int
    began_at: Seconds | None
    """When its pass has begun; None: it has not yet."""
    ends_at: Seconds | None
    """When its next pass begins; None: that is not known yet, or with the last URL of its lists."""
    cap: str
    """The option whose cap it is at; '' while it is at none."""
    capped_at: Seconds | None


@value
class JobSums:
    """What has become of a job's URLs."""

    name: str
    active: bool = False
    """Whether the configuration still has it."""
    schedule: str = ""
    known: int = 0
    retired: int = 0
    again: int = 0
    """Ended, and due again or being visited again; no retired ones."""
    kinds: dict[str, int] = field(default_factory=dict)
    """By how their last visit ended that was an end; no retired ones."""
    held: int | None = None
    """URLs on its lists, where these lost too many to be believed at once."""
    meaning: str = ""
    """A mark of the options by which all of its lines were understood."""
    terms: JobTerms | None = None
    """Its options as the frontier has them, but for its digest."""
    retrying: int = 0
    """Wait for another visit after one that failed, or are being visited again; counted as far as
    MAX_RETRYING."""
    listed: bool = False
    """Whether a list of it was ever begun; `meaning` is empty until all were read."""
    read_at: Seconds | None = None
    """Wall time at which one of its lists was read to its end last; None: none was."""
    filtered: int = 0
    """URLs on its lists that its filter left out."""
    spent: Spent | None = None
    """None where it has no budget."""
    login: Login | None = None
    """How its session is, while it does not get in."""

    @property
    def open(self) -> int:
        """Return how many are due now or later; none of a job that the configuration has not."""
        return self.waiting + self.again if self.active else 0

    @property
    def is_over(self) -> bool:
        """Tell whether it is at its cap, and no later pass brings it further by itself."""
        return self.spent is not None and bool(self.spent.cap and not self.spent.budget.schedule)

    @property
    def waiting(self) -> int:
        """Return how many wait for their first end, or are on their way to it."""
        return self.known - self.retired - sum(self.kinds.values())


@value
class HostCounts:
    """How many hosts are in which state."""

    known: int
    held: int
    """Belong to a process now."""
    ready: int
    resting: int
    """Will be ready later."""
    gated: int
    """Are not visited before their robots.txt is known."""
    failing: int
    """Failed when they were visited last."""
    given_up: int
    """Gave no answer at all for so long that their URLs end unvisited."""
    failing_share: float = 0.0
    """Of the known hosts, 0 to 1; within some hundredths where `failing` was not counted on."""
    at_least: tuple[str, ...] = ()
    """Counts that were not carried on to their end."""


@value
class HostView:
    """The hosts at one moment."""

    counts: HostCounts
    next: HostState | None
    """The free host that is ready first, if any waits for a time."""


@value
class Counts:
    """The sums of the ledger, in URLs of active jobs."""

    known: int = 0
    leased: int = 0
    hosts: int = 0
    """Number of hosts that are known."""
    finished: dict[str, int] = field(default_factory=dict)
    """URLs by kind of their last visit that was an end."""
    again: int = 0
    """Finished, and due again."""
    retired: int = 0
    """No longer listed."""

    @property
    def waiting(self) -> int:
        """Return the number of URLs due now or later."""
        finished = sum(self.finished.values()) - self.again
        return self.known - self.retired - self.leased - finished


@value
class Sums:
    """The ledger as a whole; of one of an older crawler `uid` and the names of its jobs alone."""

    uid: str
    """Its id; '' where an older crawler gave it none."""
    current: bool = True
    """Whether it has the form of today; `migrate` brings it there."""
    holder: str = ""
    """The `crawler.name` of the configuration that took it last."""
    members: Sequence[Member] = ()
    """The processes, the oldest first."""
    jobs: Sequence[JobSums] = ()
    """All jobs ever met, those of the configuration first."""
    leased: int = 0
    """URLs of active jobs that are being visited, or about to be."""
    met: int = 0
    """Number of hosts that are known."""
    owned: bool = False
    """Whether a process has a host now, and may know more of it than the ledger."""
    hosts: HostView | None = None
    """Where it was asked for."""
    wishes: int = 0
    """Grows with every wish that is made, changed or taken back."""
    stores: Sequence[Store] = ()
    """The output folders in which files lie, by their numbers."""

    @property
    def counts(self) -> Counts:
        """Return the sums of the active jobs."""
        active = [job for job in self.jobs if job.active]
        finished: Counter[str] = Counter()
        for job in active:
            finished.update(job.kinds)
        known, again, retired = (
            sum(getattr(job, name) for job in active) for name in ("known", "again", "retired")
        )
        kinds = {kind: n for kind, n in finished.items() if n}
        return Counts(known, self.leased, self.met, kinds, again, retired)
