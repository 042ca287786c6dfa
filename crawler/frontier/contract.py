"""The contract of a frontier: URLs known, waiting, leased and finished; durable.

A host belongs to one owner (a process) at a time, so politeness holds for any number of processes.
What holds of every verb, but for `hurry`, `hold`, `busy_since`, `written_at` and `now`, which ask
nobody and tell of this process alone:

1. It is one transaction; what reads sees one moment.
2. It is bounded by its arguments, whose length is the caller's to bound, or it does one slice: then
   it takes a cursor `after` and returns the one to go on from, None at the end.
3. LocalFaultError: this machine refuses, as on a full disk, and nothing was done.
4. LeaseLostError: the owner (of a pass, its owner) was taken for dead, and nothing was done. What
   it holds is others' by now; the process ends. Only `leave` does not mind.
5. It may be asked again with the same arguments where nobody knows whether it was done: what was
   done is found done. `join` makes another owner then; what a lease has given that was never heard
   of goes back with the next lease of that owner.
6. Numbers of hosts and tasks that the owner does not have, or no more, are passed over.
7. No verb takes a time of day from its caller; whoever decides by a stored one (due times, rests,
   schedules, hours, budgets, dates of servers) asks `now`. It is the frontier's time, one for all
   processes: the answers of `beat` and `lease` say how it runs, and it follows the wall clock by
   the rules of `policy.course`. A step of it makes nothing that a host is owed shorter or longer.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol, Self

from crawler.frontier import values
from crawler.frontier.desk_verbs import Desk
from crawler.frontier.list_verbs import ListVerbs
from crawler.frontier.process import Process
from crawler.frontier.values import BEFORE_ALL
from crawler.frontier.wishes import Heard
from crawler.frontier.work import Found, Tidied, Work
from crawler.model import Kept, Seconds, Task
from crawler.records import HostRecord, JobTerms, Seed, Settlement


class Frontier(Desk, ListVerbs, Protocol):
    """The verbs of an engine. One contract test runs against every engine."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def join(
        self, process: Process, holder: values.Holder | None = None, known: str = ""
    ) -> values.Joined:
        """Admit a process as an owner of hosts, and tell what the ledger was until then.

        A ledger without an id gets `known`, the one that the output folder names, or a new one.
        A process without a `holder` is no daemon's, and holds nothing.

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

        An owner is dead that has certainly ended, or whose lease (LEASE_S) ran out. Where clocks
        may differ, `watched` says who did not change for so long in the `seen` of earlier beats:
        then only those are. Who is seen to live on this machine has STALLED_FACTOR leases.
        """

    def leave(self, owner: int, hosts: Sequence[HostRecord]) -> list[Task]:
        """Give everything back that the owner holds, and return the tasks among it.

        `hosts` are the rests of its hosts. Of an owner that is no more nothing is returned.
        """

    def hear(self, owner: int, after: int) -> Heard:
        """Return what is wished of the owner, where that has changed since the number `after`.

        It only reads, beside all other verbs: it waits for no program that writes. 0 is before the
        first number.
        """

    def heed(self, owner: int, number: int, orders: Collection[int] = ()) -> None:
        """Note that the wishes of a number are in force in the owner's process.

        And that it does as it was told by these orders.
        """

    def hurry(self, until: Seconds) -> None:
        """Let later verbs wait for other programs until then at the most: a stop is near.

        `until` is a point on the monotonic clock. What has to wait longer raises LocalFaultError.
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

        `text` is the owner that puts a text of the configuration in force, and the text's digest;
        (0, "") is of no daemon. Each job has a digest of its own: a process leases only jobs that
        mean the same to it as in the newest text. `obeys` says by pattern of hosts (name:port,
        name, *.name, *) whether their robots.txt is obeyed, None where each job decides; hosts that
        are known learn it in slices, by the work `Wake`.
        """

    def add(self, job: str, seeds: Sequence[Seed], *, recount: bool = False) -> int:
        """Make URLs known and due now that stand on no list; return how many were new.

        What is known stays as it is, but with `recount` it counts as listed once more.
        """

    def hold(self, jobs: Collection[str]) -> None:
        """From now on lease no task of these jobs, but of all other jobs, for this process."""

    def tidy(self, owner: int, work: Work[Found], after: int = BEFORE_ALL) -> Tidied[Found]:
        """Do a slice of work on jobs or hosts for which nobody waits; its class says what it is.

        A slice that is asked for again returns the same, as far as nothing has changed meanwhile.
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

        A file belongs to one task until that is forgotten, and a task may have several; where both
        choices are taken there is a third. An owner claims for tasks that it has leased, before it
        writes their files; without one it is a program beside the daemons that claims.
        """

    def settle(
        self,
        owner: int,
        settlements: Sequence[Settlement],
        hosts: Sequence[HostRecord],
        claims: Mapping[int, str] = values.NO_CLAIMS,
        kept: Mapping[int, Kept] = values.NOTHING_KEPT,
    ) -> set[int]:
        """Record the ends of visits, and the rests and health of hosts; reserve files, note parts.

        `claims` are the files wished for by tasks that the owner has leased, before their bodies
        are written. Return the tasks that have theirs now; `claim` finds another for the rest.
        `kept` are parts that visits begin, by task, for later visits to go on from.
        A settlement counts once, for the attempt that was leased, however often it is given.
        """


def tidied(frontier: Frontier, owner: int, work: Work[Found]) -> Iterator[Found]:
    """Do all of a work, slice by slice; yield what each slice finds."""
    after: int | None = BEFORE_ALL
    while after is not None:
        one = frontier.tidy(owner, work, after)
        yield one.found
        after = one.after
