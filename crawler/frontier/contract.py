"""The contract of a frontier: URLs known, waiting, leased and finished; durable.

A host belongs to one owner (a process) at a time, and so does an address: no host is leased at
whose address another owner has one. So politeness holds for any number of processes and machines.
What holds of every verb, but for `now` and those of `local_verbs`, which ask nobody and are of this
process alone:

1. It is one transaction; what reads sees one moment. What it has returned outlasts the process, and
   a loss of power if the ledger is `durable`. No owner is taken for dead within a verb of its own.
2. It is bounded by its arguments, whose length is the caller's to bound, or it does one slice: then
   it takes a cursor `after` and returns the one to go on from, None at the end. A cursor is the
   engine's own, but for the first. `leave` and the first slice of `Rests` are bounded by what one
   process may hold, `join` and `beat` by the processes and what the dead among them held, `sums`
   and `configure` by the jobs ever met, `hear` by the wishes and the hosts woken since, `backup`
   and copies by the ledger; `AboutUrl` and `Integrity` say by what.
3. LocalFaultError: the ledger cannot be asked now, as on a full disk or while a server is away;
   nothing was done, or all of it was and the reply is lost, as that of a COMMIT. Which one is not
   told: the caller asks again (5) or ends. StateError: it cannot be used as it is.
4. LeaseLostError: the owner (of a pass, its owner) was taken for dead, and nothing was done. What
   it holds is others' by now; the process ends. It comes before every other error of what is asked
   for. Only `leave` and `hear` do not mind.
5. It may be asked again with the same arguments where nobody knows whether it was done: what was
   done is found done. `join` makes another owner then; what a lease has given that was never heard
   of goes back with the next lease of that owner: its frontier, the object, knows what it has
   returned. Where a verb is no such one, it says so. It is the caller that asks again; an engine
   does so only with what it knows was not done. Whoever asks twice pays so: `begin_pass` makes a
   later pass; what `put`, `tidy` and `change` count, and what `beat` and `leave` tell as news, is
   of that call alone.
6. Numbers of hosts and tasks that the owner, or for a verb without one the ledger, does not have,
   or no more, are passed over. No number is used again, of what was forgotten neither.
7. No verb takes a time of day from its caller; whoever decides by a stored one (due times, rests,
   schedules, hours, budgets, dates of servers) asks `now`. It is the frontier's time, one for all
   processes: the answers of `beat` and `lease` say how it runs, and it follows the wall clock by
   the rules of `policy.course`. A step of it makes nothing that a host is owed shorter or longer.
   The wall clock is that of the machine where the ledger is: of its file, or of its server, which
   looks at it within `join`, `beat` and `lease`. No clock of another machine counts, however far it
   is off: a `Course` leads from the steady clock of who asked to the frontier's time, and its
   `boot` is of the machine that is looked at. Until its next answer a process has not heard of a
   step: what it computes meanwhile is as much off, and durations are not.
8. A job that a verb of the crawler names is made where the ledger does not know it; one that the
   desk names is a UsageError, or of no effect where its class says nothing of that.
9. Numbers, but for cursors, are signed and of 64 bits at most; texts that are given hold no NUL
   and no lone surrogate: lists and settings are read so; a text of the desk that does not is a
   UsageError (`texts.require_text`), but for names of files that are looked up. What is bounded,
   and by no number here, has the bound of its engine.

A frontier does one verb after the other, for whichever greenlet of its thread asks.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol, Self

from crawler.cookie import SetCookies
from crawler.frontier import values
from crawler.frontier.desk_verbs import Desk
from crawler.frontier.list_verbs import ListVerbs
from crawler.frontier.local_verbs import LocalVerbs
from crawler.frontier.login_verbs import LoginVerbs
from crawler.frontier.outbox import NO_NOTICES, Notices
from crawler.frontier.outbox_verbs import OutboxVerbs
from crawler.frontier.process_verbs import ProcessVerbs
from crawler.frontier.values import BEFORE_ALL
from crawler.frontier.work import Found, Tidied, Work
from crawler.model import Kept
from crawler.records import HostRecord, JobTerms, Seed, Settlement


class Frontier(Desk, ListVerbs, LoginVerbs, OutboxVerbs, ProcessVerbs, LocalVerbs, Protocol):
    """The verbs of an engine. One contract test runs against every engine."""

    def __enter__(self) -> Self:
        """Open it; a ledger that is not there is made, empty, unless it is only to be read.

        Raises:
            OlderLedgerError: it is an older crawler's, and a Migration brings it here first.
            StateError: it is a newer crawler's, another program's, or damaged.
            LocalFaultError: it cannot be opened just now.
        """

    def __exit__(self, *_: object) -> None:
        """Close it; its owners stay owners until they leave or die."""

    def configure(
        self,
        jobs: Sequence[JobTerms],
        *,
        obeys: Mapping[str, bool | None] = values.NO_RULES,
        text: tuple[int, str] = (0, ""),
    ) -> None:
        """Make these jobs the active ones; tasks of other jobs are not leased any more.

        `text` is the owner that puts a text of the configuration in force, and the text's digest;
        (0, "") is of no daemon. The text of the last call is the newest, also of one that is asked
        again. Each job has a digest of its own: a process leases only jobs that mean the same in
        its own last call, which its frontier remembers, as in the newest text. Of a job with a new
        name that is the digest of this name, for what has come along too; of the old name nothing
        is leased. `obeys` replaces what was said: by pattern of hosts (name:port, name, *.name, *)
        whether their robots.txt is obeyed, None where each job decides; the first that matches in
        this order holds, of several *.name the longest, and *.name does not match the name itself.
        Hosts that are known learn it in slices, by the work `Wake`.
        """

    def add(self, job: str, seeds: Sequence[Seed], *, recount: bool = False) -> int:
        """Make URLs known and due now that stand on no list; return how many were new.

        What is known stays as it is, a retired URL too, but with `recount` it counts as listed once
        more, each time that it is asked for. What is new counts as listed once, for good. The
        program itself names URLs by `put` alone: this sets the scene of tests.
        """

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
        back with their tasks where another process holds a host there. By this alone, or by a host
        that is taken, an owner has an address. A host keeps its health and its rest wherever it is
        found; the rest of an address stays with the address, and `Lease.answered_at` tells it.
        `idle` are the owner's hosts without an open task: they become free, with their rests.
        `back` are numbers of tasks that were not begun: they wait again as if never leased.
        `new` is how many ready hosts to take at most, within the owner's fair share; each comes
        with a few tasks. `refills` maps the number of a host that the owner has to the number of
        tasks to take of it. A host may be idle and, being ready, come back in the same call; every
        other host to be refilled is in the answer, also without a task.

        The share is the addresses of hosts that are owned or ready (a host without one counts as
        one), by the owners whose lease has not run out, rounded up; the only one has all. Hosts are
        taken by `classes.Shares`, of one class the one that is ready for longest. Tasks of a host
        come by turns of its jobs, by weight; of one job by rank, then due time.

        A host with a due task of a job that obeys, whose rules have run out, gets a visit to its
        robots.txt first: a task of that job, with `Task.robots`, one of an origin at a time. Until
        its end no other task of jobs that obey is given there; after an hour it is begun anew. It
        is as any task, but counts in no sums.
        """

    def claim(
        self,
        paths: Sequence[tuple[int, str, str]],
        owner: int | None = None,
        store: int | None = None,
        fixed: Collection[int] = (),
    ) -> list[str]:
        """Reserve a file for each (task, first choice, second choice), and return the files.

        In its store (`store`, else the one of `store_in`) a file belongs to one task until that is
        forgotten, lets it go (LetGo) or renames it, and a task may have several; where both choices
        are taken there is a third, which follows from the task and its second choice. Names are one
        that differ by what `naming.path_key` leaves out. It is no part of `settle`, for what the
        caller writes next hangs on the answer; the first choices, where nothing collides, ride
        there.
        A task of `fixed` that has no file yet has this one from now on (`Task.path`), also if its
        visit never ends: what named it may say something else next time.
        An owner claims for tasks that it has leased, before it writes their files; without one
        it is a program beside the daemons that claims. Nobody looks whether a task is leased.
        """

    def settle(
        self,
        owner: int,
        settlements: Sequence[Settlement],
        hosts: Sequence[HostRecord],
        claims: Mapping[int, str] = values.NO_CLAIMS,
        kept: Mapping[int, Kept] = values.NOTHING_KEPT,
        notices: Notices = NO_NOTICES,
        cookies: Sequence[SetCookies] = values.NO_COOKIES,
    ) -> set[int]:
        """Record the ends of visits, and the rests and health of hosts; reserve files, note parts.

        `claims` are the files wished for by tasks that the owner has leased, before their bodies
        are written. Return the tasks that have theirs now; `claim` finds another for the rest.
        `kept` are parts that visits begin, by task that is leased, for later visits to go on from;
        they are noted before the settlements, and any verdict but `Again` ends a part.
        `cookies` are what answers have set of jobs that keep them: of one key the newest counts,
        also of what others have told; it ends by its time, and of too many the oldest go.
        A settlement counts once, for the attempt that was leased, however often it is given. What
        each verdict makes of a task stands in `docs/ledger.md`, under Verdicts. Records of hosts,
        and the `address_rests` in them, count of hosts and addresses that the owner has, and the
        last record of a host holds; a call has one of each host, and of each task. A
        `Settlement.robots` is noted for its origin, and its host has a newer `rules_version`;
        `Outcome.needs_robots` has a robots.txt visited. An event of `notices` is recorded with the
        settlement of its task, if that counts.
        """


def tidied(frontier: Frontier, owner: int, work: Work[Found]) -> Iterator[Found]:
    """Do all of a work, slice by slice; yield what each slice finds."""
    after: int | None = BEFORE_ALL
    while after is not None:
        one = frontier.tidy(owner, work, after)
        yield one.found
        after = one.after
