"""The verbs of the frontier's contract about events: they wait in the outbox and are told to hooks.

An event comes there with the settlement that it tells of, or by `note`. A process takes it, tells
its hook, and says what came of that; what a process has taken that is no more, others take. So an
event is told at least once, by whichever process comes first. Of a hook's events of one lane none
is taken while an earlier one waits or is taken by another call. Times here are those of the
frontier's clock without its steps: no step of it puts an event off, or ahead.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from crawler.frontier.outbox import Event, HookTerms, Outlook, Told, Waiting


class OutboxVerbs(Protocol):
    """What a process asks about events for hooks."""

    def enlist(
        self, owner: int, hooks: Sequence[HookTerms], *, begins: bool = False
    ) -> list[HookTerms]:
        """Make hooks known; return those that are others.

        Of an owner that `begins` to tell hooks, what it has taken waits again. Others are of no use
        to it; `drop` takes them away with their events. Of one that was dropped while another
        process still recorded events for it nothing but the number is known.
        """

    def note(self, owner: int, events: Sequence[Event]) -> None:
        """Record events that come with no settlement; one that waits already is passed over."""

    def outlook(self, hooks: Collection[int], jobs: Mapping[str, bool]) -> Outlook:
        """Return what waits for hooks, and which of these jobs are over; it only reads.

        The value of a job tells whether it has a schedule: then a URL that is due again has had its
        end. A job of which a list is being read is not over.
        """

    def take(self, owner: int, hook: int, number: int) -> list[Waiting]:
        """Take events of a hook whose time has come, in their order within each lane."""

    def told(self, owner: int, hook: int, told: Told) -> None:
        """Record what came of events that the owner has taken, and how their hook is.

        What it has taken no more is passed over.
        """

    def trim(self, owner: int, hook: int, most: int) -> int:
        """Give up the oldest events of a hook where more than `most` wait; return how many.

        It does one slice, and leaves what is taken.
        """

    def drop(self, owner: int, hook: int) -> int:
        """Take a slice of the events of a hook away, and the hook with the last; count them."""

    def close_job(self, owner: int, job: str, events: Sequence[Event], *, scheduled: bool) -> bool:
        """Record that a job is over, once until it has another visit; tell whether it is so."""
