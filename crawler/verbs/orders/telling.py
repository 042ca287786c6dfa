"""Processes are told something: those of this machine by a signal, the others by the ledger.

The signals go first, and need no write to the ledger, which may be full or held.
"""

import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from crawler.errors import CrawlerError, UsageError
from crawler.frontier import Desk, Member, changed, open_ledger
from crawler.frontier.process import current
from crawler.frontier.wishes import GiveOrder, Order
from crawler.value import value
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.orders import processes
from crawler.verbs.wishes.standing import wisher

SIGNALS = {Order.STOP: signal.SIGTERM, Order.RELOAD: signal.SIGHUP}


@value
class Told:
    """Which processes were told, and which could not be."""

    order: Order
    here: tuple[Member, ...] = ()
    """By a signal."""
    deaf: tuple[Member, ...] = ()
    """They ignore the signal."""
    elsewhere: tuple[Member, ...] = ()
    """By the ledger."""
    missed: tuple[Member, ...] = ()
    """The ledger could not be written."""
    why: str = ""
    dry: bool = False
    """Nobody was told."""

    @property
    def heard(self) -> tuple[Member, ...]:
        """Return those that were told."""
        return self.here + self.elsewhere

    def lines(self) -> Iterator[str]:
        """Yield a line for each process."""
        name = SIGNALS[self.order].name.removeprefix("SIG")
        for one in self.heard:
            was = "would be" if self.dry else "was"
            yield f"{_named(one)} {was} told to {self.order}"
        for one in self.deaf:
            yield f"{_named(one)} ignores {name}, as nohup has it: restart it, or use watch"
        for one in self.missed:
            yield f"{_named(one)} was not told: {self.why}"
        if not (self.heard or self.deaf or self.missed):
            yield "no daemon is running"

    def document(self) -> dict[str, Any]:
        """Return the same for programs."""
        parts = (self.here, "signal"), (self.elsewhere, "ledger"), (self.deaf, "deaf")
        found = [(how, one) for some, how in (*parts, (self.missed, "missed")) for one in some]
        return {
            "order": self.order.value,
            "processes": [
                {"owner": one.owner, "pid": one.process.pid, "machine": _machine(one), "by": how}
                for how, one in found
            ],
        }


def tell(ledger: Ledger, order: Order, only: int | None) -> Told:
    """Tell the living processes, or `only` the one of this pid or number.

    Raises:
        UsageError: there is none of that number.
        CrawlerError: a process of this machine belongs to another user.
    """
    chosen = _addressed(ledger, only, acts=True)
    told = _signalled(order, [one for one in chosen if one.process.lives(current().machine)])
    others = tuple(one for one in chosen if one.process.machine != current().machine)
    if not others:
        return told
    why = _order(ledger, order, others)
    return replace(told, missed=others, why=why) if why else replace(told, elsewhere=others)


def would_tell(ledger: Ledger, order: Order, only: int | None) -> Told:
    """Return whom `tell` would tell."""
    chosen, machine = _addressed(ledger, only, acts=False), current().machine
    here = tuple(one for one in chosen if one.process.lives(machine))
    others = tuple(one for one in chosen if one.process.machine != machine)
    return Told(order, here, elsewhere=others, dry=True)


def _addressed(ledger: Ledger, only: int | None, *, acts: bool) -> list[Member]:
    with opened_by(ledger, acts=acts) as desk:
        living = _living(desk)
    return living if only is None else _chosen(living, only)


def _signalled(order: Order, mine: Sequence[Member]) -> Told:
    """Signal processes of this machine; return which got the signal, and which ignore it."""
    number = SIGNALS[order]
    deaf = tuple(one for one in mine if processes.ignores(one.process, number))
    sent = processes.send([one.process for one in mine if one not in deaf], number)
    return Told(order, tuple(one for one in mine if one.process in sent), deaf)


def _order(ledger: Ledger, order: Order, others: Sequence[Member]) -> str:
    """Tell processes by the ledger; return why that was not possible, '' if it was."""
    try:
        with open_ledger(ledger.state, write=True) as desk:
            changed(desk, GiveOrder(order, [one.owner for one in others], wisher(None)))
    except CrawlerError as error:
        return str(error)
    return ""


def _living(desk: Desk) -> list[Member]:
    machine, now = current().machine, desk.now()
    return [one for one in desk.sums().members if one.life(machine, now) == "alive"]


def _chosen(living: Sequence[Member], only: int) -> list[Member]:
    """Return the process of a pid, or of a number in the ledger, which the log tells."""
    found = [one for one in living if one.process.pid == only]
    found = found or [one for one in living if one.owner == only]
    if len(found) == 1:
        return found
    there = ", ".join(f"{_named(one)} (number {one.owner})" for one in living) or "none"
    raise UsageError(f"{len(found)} living processes have the pid or number {only}: {there}")


def _named(one: Member) -> str:
    here = one.process.machine == current().machine
    return f"process {one.process.pid}" + ("" if here else f" on {_machine(one)}")


def _machine(one: Member) -> str:
    return one.process.machine.partition(" ")[0]
