"""The crawler as a whole at one moment: its processes, jobs and hosts."""

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.frontier import Desk, HostCounts, HostState, JobSums, Member
from crawler.frontier.process import current
from crawler.model import Seconds
from crawler.verbs.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Status:
    """The crawler as a whole at one moment, as the ledger knows it."""

    now: Seconds
    machine: str
    members: Sequence[Member]
    jobs: Sequence[JobSums]
    hosts: HostCounts
    next: HostState | None

    @property
    def living(self) -> list[Member]:
        """Return the processes whose life is "alive"."""
        return [one for one in self.members if one.life(self.machine, self.now) == "alive"]

    @property
    def rate(self) -> float:
        """Return visits a second, lately."""
        return sum(one.rate for one in self.living)

    @property
    def waiting(self) -> int:
        """Return the number of URLs that wait for their first end, of all jobs in force."""
        return sum(job.waiting for job in self.jobs if job.active)

    @property
    def eta(self) -> Seconds | None:
        """Return the seconds that the waiting URLs take at this rate; None while it is 0."""
        return self.waiting / self.rate if self.rate and self.waiting else None


def look(desk: Desk, ledger: Ledger) -> Status:
    """Read everything: a few rows of each kind, whatever the size of the ledger."""
    sums = desk.sums(ledger.give_up)
    assert sums.hosts is not None
    return Status(
        desk.now(),
        current().machine,
        sums.members,
        [job for job in sums.jobs if job.active or job.known],
        sums.hosts.counts,
        sums.hosts.next,
    )
