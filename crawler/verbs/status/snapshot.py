"""The crawler as a whole at one moment: its processes, jobs and hosts."""

from collections.abc import Sequence

from crawler.frontier import BacklogOf, Desk, HostCounts, HostsOf, HostState, JobSums, Member
from crawler.frontier.hosts import Backlog, HostTable
from crawler.frontier.process import current
from crawler.frontier.wishes import Wish, paused_by
from crawler.model import Seconds
from crawler.policy.paused import Paused
from crawler.value import value
from crawler.verbs.ledger import Ledger
from crawler.verbs.status.room import Room, rooms
from crawler.verbs.wishes.standing import standing

MAX_NAMED = 3
"""Failing hosts that are named."""


@value
class Status:
    """The crawler as a whole at one moment, as the ledger knows it."""

    now: Seconds
    machine: str
    members: Sequence[Member]
    jobs: Sequence[JobSums]
    hosts: HostCounts
    next: HostState | None
    failing: HostTable
    """The hosts that have failed the longest."""
    backlog: Backlog
    rooms: Sequence[Room]
    wishes: Sequence[Wish] = ()
    """What operators wish, and have not taken back."""

    @property
    def living(self) -> list[Member]:
        """Return the processes whose life is "alive"."""
        return [one for one in self.members if one.life(self.machine, self.now) == "alive"]

    @property
    def paused(self) -> Paused:
        """Return what operators have paused."""
        return paused_by(self.wishes, self.now)

    @property
    def rate(self) -> float:
        """Return visits a second, lately."""
        return sum(one.rate for one in self.living)

    @property
    def waiting(self) -> int:
        """Return the number of URLs that wait for their first end, of all jobs in force."""
        return sum(job.waiting for job in self.jobs if job.active)

    @property
    def again(self) -> int:
        """Return the number of URLs that have ended and are due again, of all jobs in force."""
        return sum(job.again for job in self.jobs if job.active)

    def silence(self, one: Member) -> Seconds:
        """Return for how long nothing was heard of a process."""
        return max(0.0, self.now - (one.seen_at or one.started_at))


def look(desk: Desk, ledger: Ledger, order: str = "failing") -> Status:
    """Read everything: a few rows of each kind, whatever the size of the ledger.

    The failing hosts come in an order of `HOST_ORDERS`.
    """
    sums, now = desk.sums(ledger.give_up), desk.now()
    assert sums.hosts is not None
    return Status(
        now,
        current().machine,
        sums.members,
        [job for job in sums.jobs if job.active or job.known],
        sums.hosts.counts,
        sums.hosts.next,
        desk.entry(HostsOf("failing", order, now, MAX_NAMED)),
        desk.entry(BacklogOf(now)),
        rooms(ledger),
        standing(desk),
    )
