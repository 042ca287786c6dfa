"""The frontier: what is known, waiting, leased and finished; durable. This is its contract.

Every verb is one transaction. A host belongs to one owner (a process) at a time, so politeness
holds for any number of processes. `now` is wall time, for it is stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from crawler.frontier.process import Process
from crawler.model import Kept, Seconds, Task
from crawler.records import Health, HostRecord, JobTerms, Robots, Seed, Settlement

LEASE_S: Seconds = 60.0
"""How long an owner that stops renewing keeps its hosts."""
STALLED_FACTOR = 10
"""How many times as long a process may be silent that is seen to live on this machine."""
BEFORE_ALL = -(2**63)
"""Before every fingerprint."""
MAX_CRASHES = 10
"""Crashes of the process, in the company of few others, that end a URL."""


@dataclass(frozen=True, slots=True)
class LeasedHost:
    """A host that the caller owns now, and the tasks it may visit."""

    id: int
    key: str
    next_at: Seconds
    delay: Seconds
    per_host: int
    """Its delay and slots: the strictest of the active jobs that list it."""
    tasks: tuple[Task, ...]
    jobs: tuple[str, ...] = ()
    """The caller's jobs that visit it."""
    crawl_delay: Seconds = 0.0
    address: str | None = None
    health: Health = field(default_factory=Health)


@dataclass(frozen=True, slots=True)
class Lease:
    """The answer to `lease`."""

    hosts: tuple[LeasedHost, ...]
    surplus: int = 0
    """Hosts held beyond the fair share, while other processes lack some."""
    next_at: Seconds | None = None
    """When the next unowned host has something to do, if that is known."""


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """A task that its owner took to the grave; it waits again, or died with it."""

    task: Task
    owner: int
    died: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """The sums of the ledger."""

    known: int = 0
    leased: int = 0
    hosts: int = 0
    finished: dict[str, int] = field(default_factory=dict)
    """By kind of the last visit that was an end."""
    again: int = 0
    """Finished, and due again."""
    retired: int = 0
    """No longer listed."""

    @property
    def waiting(self) -> int:
        """Return what is due now or later."""
        finished = sum(self.finished.values()) - self.again
        return self.known - self.retired - self.leased - finished


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is remembered of a source of URLs."""

    id: int
    version: str = ""
    """Of the version that was read to its end; empty if none was."""
    listed: int = 0
    bad: int = 0


class KnownChunk(NamedTuple):
    """What is remembered of a run of lines."""

    key: int
    urls: int
    bad: int


@dataclass(frozen=True, slots=True)
class ReadChunk:
    """A run of lines of a source, read anew."""

    anchor: int
    key: int
    seeds: Sequence[Seed]
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of taking in chunks."""

    added: int
    revived: int


NextDue = Callable[[Seconds, Seconds, int, Seconds | None], Seconds | None]
"""From (due before, finished at, fingerprint, own interval) to the next due time, if there is one.

It is called in another thread and must be pure.
"""


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a process is."""

    state: str
    config: str = ""
    busy: int = 0
    visits: int = 0
    """Since it started, with what follows a second, lately."""
    rate: float = 0.0
    rate_ok: float = 0.0
    bytes: int = 0


class Frontier(Protocol):
    """What an engine must do. One contract test runs against every engine."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def register(self, process: Process, now: Seconds) -> int:
        """Admit a process as an owner, and return its number, which is never used again."""

    def configure(
        self,
        jobs: Sequence[JobTerms],
        now: Seconds,
        *,
        obeys: Callable[[str], bool | None] = lambda _: None,
    ) -> None:
        """Retire the waiting tasks of jobs no longer configured, and revive those of others.

        `obeys` tells by its key whether a host's robots.txt is obeyed, if the configuration says so
        of the host; it is called in another thread and must be pure.
        """

    def add(self, job: str, seeds: Sequence[Seed], now: Seconds, *, recount: bool = False) -> int:
        """Make URLs known and due now; return how many were new. `recount` counts repeats."""

    def source(self, job: str, name: str) -> SourceState:
        """Return what is remembered of a source, making it known."""

    def source_known(self, job: str, name: str) -> int | None:
        """Return the number of a source, if it is known."""

    def fingerprints(self, source: int, anchor: int) -> list[int]:
        """Return the fingerprints of the URLs on a chunk."""

    def active_jobs(self) -> list[JobTerms]:
        """Return the active jobs, as `configure` had them last."""

    def sources(self, job: str) -> dict[str, int]:
        """Return the sources that are remembered of a job: their numbers by name."""

    def chunks(self, source: int) -> dict[int, KnownChunk]:
        """Return what is remembered of a source's chunks, by their anchors."""

    def admit(self, job: str, source: int, read: Sequence[ReadChunk], now: Seconds) -> Synced:
        """Take in chunks of a source that are new or changed; the rest of it stays as it is."""

    def admitting(
        self, job: str, source: int, read: Sequence[ReadChunk], now: Seconds
    ) -> Callable[[], Synced]:
        """Begin to `admit`; what is returned waits for its end."""

    def drop(self, source: int, anchors: Sequence[int]) -> None:
        """Forget chunks that a source no longer has."""

    def source_read(self, state: SourceState, now: Seconds) -> None:
        """Note that a source was read to its end; one that is gone is forgotten."""

    def retire(self, job: str, after: int = BEFORE_ALL) -> tuple[int, int | None]:
        """Retire a slice of what no list names any more; return how many, and where to go on."""

    def leaving(self, job: str) -> bool:
        """Tell whether something is still to be retired: it is being visited."""

    def alive(self) -> Seconds | None:
        """Return when a process was last seen here."""

    def stale(self) -> list[int]:
        """Return the jobs whose hosts have yet to learn that the job came or went."""

    def wake(self, job: int, after: int, now: Seconds) -> int | None:
        """Let a slice of the hosts learn it; return where to go on, None at the end."""

    def schedule(self, job: str) -> str:
        """Return the schedule, in words, that the times of a job's tasks are after."""

    def rescheduled(self, job: str, text: str) -> None:
        """Note that they are after another one."""

    def refit(self, job: str, next_due: NextDue, after: int, now: Seconds) -> int | None:
        """Give a slice of a job's ended tasks other due times; return where to go on, or None."""

    def heartbeat(self, owner: int, pulse: Pulse, now: Seconds) -> None:
        """Extend the owner's leases, and let its row say how it is.

        Raises:
            LeaseLostError: the owner was taken for dead.
        """

    def lease(
        self,
        owner: int,
        now: Seconds,
        *,
        new: int,
        refills: dict[int, int],
        idle: Sequence[HostRecord],
        back: Sequence[int] = (),
    ) -> Lease:
        """Give back idle hosts, take up to `new` ready ones, and take tasks of hosts already owned.

        `back` are tasks that were not begun; they wait again as if they had not been leased.

        Raises:
            LeaseLostError: the owner was taken for dead.
        """

    def move(self, owner: int, found: Sequence[HostRecord], now: Seconds) -> frozenset[int]:
        """Note at which addresses hosts were found of which no visit is open.

        Those go back, with their tasks, at whose address another process holds a host; they are
        returned.

        Raises:
            LeaseLostError: the owner was taken for dead.
        """

    def keep(self, owner: int, task: int, kept: Kept) -> None:
        """Note the part that a visit begins, for a later visit to go on from."""

    def claim(self, paths: Sequence[tuple[int, str, str]]) -> list[str]:
        """Reserve a file for each (task, path, second choice); a path has one task, for good."""

    def settle(
        self, owner: int, settlements: Sequence[Settlement], hosts: Sequence[HostRecord]
    ) -> None:
        """Record verdicts and what the hosts are owed.

        Raises:
            LeaseLostError: the owner was taken for dead; nothing was recorded.
        """

    def renew(self, owner: int, now: Seconds) -> None:
        """Extend the owner's leases.

        Raises:
            LeaseLostError: the owner was taken for dead.
        """

    def robots(self, origin: str) -> Robots | None:
        """Return what is known of the robots.txt of scheme://name:port."""

    def release(self, owner: int, hosts: Sequence[HostRecord], now: Seconds) -> list[Task]:
        """Give everything back that the owner holds, and return the tasks among it."""

    def reclaim(self, now: Seconds, machine: str, *, mine: int = 0) -> list[Reclaimed]:
        """Take back what dead owners other than `mine` held, and tell what was in flight."""

    def counts(self) -> Counts:
        """Return the sums of the ledger, at any size in no time."""

    def listed(self) -> dict[str, int]:
        """Return how often URLs were listed, by kind of their last visit; listed twice is two."""

    def unfinished(self, after: int, limit: int) -> list[Task]:
        """Return what is neither done nor dead, in the order of ids beyond `after`."""

    def hosts(self, limit: int) -> list[str]:
        """Return the first hosts that were met."""


def open_frontier(state: Path, *, durable: bool) -> Frontier:
    """Choose the engine; the caller enters it."""
    from crawler.frontier.sqlite import SqliteFrontier  # noqa: PLC0415  an engine loads when chosen

    return SqliteFrontier(state, durable=durable)
