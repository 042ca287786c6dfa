"""The verbs of the frontier's contract about processes: they come, live on, hear and leave.

A process is an owner from `join` on, until it leaves or a `beat` takes it for dead; that alone is
what *living* means, but where `join` asks who else holds the ledger: `Process.may_live` says that.
"This machine" is that of the program that asks, wherever the ledger is. A pid is a hint there: of
other machines only what an owner writes can tell.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from crawler.frontier import values
from crawler.frontier.metrics import NO_TOTALS, Totals
from crawler.frontier.process import Process
from crawler.frontier.wishes import Heard
from crawler.model import Task
from crawler.records import HostRecord


class ProcessVerbs(Protocol):
    """What a process asks for itself."""

    def join(
        self,
        process: Process,
        holder: values.Holder | None = None,
        known: str = "",
        *,
        guest: bool = False,
    ) -> values.Joined:
        """Admit a process as an owner of hosts, and tell what the ledger was until then.

        A ledger without an id gets `known`, the one that the output folder names, or a new one.
        A process without a `holder` is no daemon's: it may lease, but does not hold the ledger, and
        is never refused. A `guest` takes in lists and visits nothing: `sums` does not tell of it,
        and it has no share of the hosts. An owner that nobody heard of, as the reply was lost, is
        one more living process until it is taken for dead. By a take-over the ledger has another
        holder, and nothing else changes: the others see that in `Beat.in_force`, settle and end by
        themselves.

        Raises:
            HeldElsewhereError: a living process of another configuration than `holder` is one.
        """

    def store_in(self, owner: int, uid: str, folder: str) -> int:
        """Note in which output folder the owner stores its files; return the number of that store.

        `uid` is the name of the folder (`store/mark.py`), `folder` its path there, for people.
        Machines that share a folder have one store. From now on this frontier claims, leases and
        settles for it: a file has its name in one store, and a task that is leased where its file
        lies elsewhere is not `Task.here`. Without it the files lie in the first store.
        """

    def beat(
        self,
        owner: int,
        pulse: values.Pulse,
        watched: values.Watched | None = None,
    ) -> values.Beat:
        """Extend the owner's leases, record how its process is, and take back those of the dead.

        An owner is dead that has certainly ended. Of the others those are whose lease (LEASE_S) ran
        out; where clocks may differ `watched` says who did not change for so long in the `seen` of
        earlier beats, and then those are that have not changed since either. Who is seen to live on
        this machine has STALLED_FACTOR leases in any case.

        What a dead owner leaves: its hosts are free, and rest from now for the longest of the
        delays of their jobs, `HostRecord.gap` and crawl delay, as if all of their tasks had been
        visited; these wait, with the attempt that was begun, and are suspected (MAX_CRASHES); its
        passes are open to others; its files stay claimed; what it told last of `Pulse.counted`
        counts on. A part of a task stays only if the owner has certainly ended. The living process
        with the lowest number takes the samples that are due. The answer is news: what a lost reply
        told is told no more, and only an audit of the output finds the parts that were to be
        removed.
        """

    def leave(
        self, owner: int, hosts: Sequence[HostRecord], counted: Totals = NO_TOTALS
    ) -> list[Task]:
        """Give everything back that the owner holds, and return the tasks among it.

        `hosts` are the rests of its hosts; one that is not named has those of its last record. Its
        tasks wait as if never leased, its passes are open to others, its files stay claimed, and
        what it has `counted` since it has joined, else what it told last, counts on. The answer is
        news, as that of `beat`: of an owner that is no more nothing is returned.
        """

    def hear(self, owner: int, after: int) -> Heard:
        """Return what is wished of the owner, where that has changed since the number `after`.

        It only reads, beside all other verbs: it waits for no program that writes. 0 is before the
        first number. An owner that is no more hears the wishes, and no orders: these are void.
        """

    def heed(self, owner: int, number: int, orders: Collection[int] = ()) -> None:
        """Note that the wishes of a number are in force in the owner's process.

        And that it does as it was told by these orders. A lower number than before changes nothing.
        """
