"""The contract of a frontier: URLs known, waiting, leased and finished; durable.

Every verb is one transaction. A host belongs to one owner (a process) at a time, so politeness
holds for any number of processes. Times are those of the frontier's clock, and no verb takes one
from its caller. A verb that works in slices takes a cursor `after` and returns the cursor to go on
from, or None at the end. Any verb may raise LocalFaultError: this machine refuses, as on a full
disk, and nothing was done. A verb that takes `owner` and writes raises LeaseLostError if that owner
was taken for dead, and does nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol, Self

from crawler.frontier import values
from crawler.frontier.desk_verbs import Desk
from crawler.frontier.list_verbs import ListVerbs
from crawler.frontier.process import Process
from crawler.frontier.values import BEFORE_ALL
from crawler.frontier.work import Found, Tidied, Work
from crawler.model import Kept, Seconds, Task
from crawler.records import HostRecord, JobTerms, Robots, Seed, Settlement


class Frontier(Desk, ListVerbs, Protocol):
    """The verbs of an engine. One contract test runs against every engine."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def now(self) -> Seconds:
        """Return the frontier's time, which is wall time; it asks nobody.

        Whatever is stored is of this clock, and what decides by it asks this one: due times and
        rests, schedules, hours, budgets, dates of servers.
        """

    def join(
        self, process: Process, holder: values.Holder | None = None, known: str = ""
    ) -> values.Joined:
        """Admit a process as an owner of hosts, and tell what the ledger was until then.

        A ledger without an id gets `known`, the one that the output folder names, or a new one.

        Raises:
            HeldElsewhereError: a living process of another configuration than `holder` is one.
        """

    def beat(
        self,
        owner: int,
        pulse: values.Pulse,
        watched: values.Watched | None = None,
    ) -> values.Beat:
        """Extend the owner's leases, record how its process is, and take back those of the dead.

        Clocks differ, so what was `watched`, by the `seen` of earlier beats, counts for more than
        the time at which a lease ends: with it, only who was silent for a whole lease is dead, and
        who has certainly ended. An owner of this machine that is seen to live has longer.
        """

    def leave(self, owner: int, hosts: Sequence[HostRecord]) -> list[Task]:
        """Give everything back that the owner holds, and return the tasks among it.

        An owner that was taken for dead has nothing any more.
        """

    def hurry(self, until: Seconds) -> None:
        """Wait for other programs until then at the most, on the monotonic clock: a stop is near.

        What has to wait longer raises LocalFaultError.
        """

    def busy_since(self) -> Seconds:
        """Return the monotonic time since when another program keeps this one from writing, or 0.

        0 says that nobody does, or that nothing was to be written since.
        """

    def written_at(self) -> Seconds:
        """Return the monotonic time at which this process wrote last; 0 if it never did."""

    def configure(
        self,
        jobs: Sequence[JobTerms],
        *,
        obeys: Mapping[str, bool | None] = values.NO_RULES,
        text: tuple[int, str] = (0, ""),
    ) -> None:
        """Make these jobs the active ones; tasks of other jobs are not leased any more.

        `text` is the owner that puts the newest text in force, and its digest: a process leases
        only jobs that mean the same to it. `obeys` says by pattern of hosts (name:port, name,
        *.name, *) whether their robots.txt is obeyed, None where each job decides; hosts that are
        known learn it in slices, by the work `Wake`.
        """

    def add(self, job: str, seeds: Sequence[Seed], *, recount: bool = False) -> int:
        """Make URLs known and due now; return how many were new. `recount` counts repeats."""

    def hold(self, jobs: Collection[str]) -> None:
        """Lease no task of these jobs in this process, and of all others again."""

    def tidy(self, owner: int, work: Work[Found], after: int = BEFORE_ALL) -> Tidied[Found]:
        """Do a slice of work on jobs or hosts for which nobody waits; its class says what it is.

        A slice may be asked for again, as its reply may be lost: what it did it finds done.
        """

    def lease(
        self,
        owner: int,
        *,
        new: int,
        refills: dict[int, int],
        idle: Sequence[HostRecord],
        back: Sequence[int] = (),
        found: Sequence[HostRecord] = (),
    ) -> values.Lease:
        """Give back what the owner does not need, take hosts, and take tasks of hosts.

        `found` are hosts without an open visit that were found at another address: they move, or go
        back with their tasks where another process holds a host there.
        `idle` are the owner's hosts without an open task: they become free, with their rests.
        `back` are numbers of tasks that were not begun: they wait again as if never leased.
        `new` is how many ready hosts to take at most, within the owner's fair share; each comes
        with a few tasks. `refills` maps the number of a host that the owner has to the number of
        tasks to take of it. A host may be idle and, being ready, come back in the same call.
        """

    def claim(self, paths: Sequence[tuple[int, str, str]], owner: int | None = None) -> list[str]:
        """Reserve a file for each (task, first choice, second choice), and return the files.

        A file belongs to one task, for good; where both choices are taken there is a third. An
        owner claims for tasks that it has leased, before it writes their files.

        Raises:
            LeaseLostError: that owner was taken for dead: another process may visit them by now.
        """

    def keep(self, owner: int, task: int, kept: Kept) -> None:
        """Note the part that a visit begins, for a later visit to go on from."""

    def settle(
        self,
        owner: int,
        settlements: Sequence[Settlement],
        hosts: Sequence[HostRecord],
        claims: Mapping[int, str] = values.NO_CLAIMS,
    ) -> set[int]:
        """Record the ends of visits, and the rests and health of hosts; reserve files.

        `claims` are the files wished for by tasks that the owner has leased, before their bodies
        are written. Return the tasks that have theirs now; `claim` finds another for the rest.
        A settlement counts once, for the attempt that was leased, however often it is given.
        """

    def robots(self, origin: str) -> Robots | None:
        """Return the robots.txt of an origin (scheme://name:port), None if it was never read."""


def tidied(frontier: Frontier, owner: int, work: Work[Found]) -> Iterator[Found]:
    """Do all of a work, slice by slice; yield what each slice finds."""
    after: int | None = BEFORE_ALL
    while after is not None:
        one = frontier.tidy(owner, work, after)
        yield one.found
        after = one.after
