"""The verbs of the frontier's contract that look at the ledger or change it from outside.

They are for people and programs beside the crawler, with a daemon at work on the ledger or without
one; `contract` has the verbs by which the crawler works.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self, TypeVar

from crawler.frontier.actions import Action
from crawler.frontier.answers import START, Changed, Cursor, Page
from crawler.frontier.process import Process
from crawler.frontier.queries import Query
from crawler.frontier.questions import Question
from crawler.frontier.sums import Sums
from crawler.model import Seconds

Answer = TypeVar("Answer")


class Desk(Protocol):
    """What is asked and changed from outside."""

    def now(self) -> Seconds:
        """Return the frontier's time, seconds since 1970; it asks nobody."""

    def sums(self, give_up: Seconds | None = None) -> Sums:
        """Return the ledger as a whole: whose it is, its processes, the sums of its jobs.

        They are kept sums, so it takes no longer at any size. With `give_up` hosts are counted, as
        far as a bound: those given up gave no answer for so long. A ledger of an older crawler, if
        it was opened at all, tells its id and the names of its jobs alone.
        """

    def page(self, query: Query[Answer], after: int = 0) -> Page[Answer]:
        """Return a slice of what a query asks for; nothing that was there at its begin is left out.

        0 is the first cursor, and any process may go on from another. A row comes once, as it is
        when its slice is read.

        Raises:
            UsageError: `Wanted` names a job or a host that the ledger does not know.
        """

    def entry(self, question: Question[Answer]) -> Answer:
        """Return the answer to a question about single URLs or files, as of one moment.

        What the ledger does not know is left out of the answer, which may then be empty or None.

        Raises:
            UsageError: AboutHost or FailuresOf names a host that the ledger does not know.
        """

    def change(self, action: Action, after: Cursor = START) -> Changed:
        """Do a slice of what an operator wants; `changed` below does all.

        What a slice has done stays done; asked for again it finds nothing more to do, and counts
        nothing, but for what is `dry`, for a single URL, of which a word tells how it is then, and
        for `Believe`, `Rename`, `WakeHost` and `LookAtVisits`, which count what is so. An order is
        given once more, and a wish that lasts for a time lasts from then. It goes on from the
        cursor of the answer that came last. Tasks that are being visited just now are left alone.

        Raises:
            UsageError: the action names what the ledger does not know.
        """

    def backup(self, target: Path, *, force: bool = False) -> int:
        """Write a copy of one moment, checked, whole or not at all; return its length in bytes.

        `target` is a file on the machine that asks, which any verb opens as a ledger: a state file,
        whatever engine has this one. Others go on meanwhile; what they have leased is leased in the
        copy. It is asked again with `force`.

        Raises:
            UsageError: there is such a file already, and it may not be overwritten by `force`.
            StateError: it cannot be written, or the ledger is damaged.
        """


class Migration(Protocol):
    """The way of a ledger of an older crawler to the form of today, in slices.

    A stop or a crash costs one slice, and two processes may migrate one ledger. From the first
    slice on no older crawler opens it any more; the way back is a copy. A process of it that was
    taken for dead and goes on learns so by `Beat.in_force`; what else it asks for may fail.
    """

    version: int
    """The version that it is brought to."""
    cancelled: bool
    """Set it to end `copy` early."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def needed(self) -> int | None:
        """Return the version of a ledger that is older, None if there is nothing to do."""

    def living(self) -> list[Process]:
        """Return the processes of the older crawler that still work on the ledger.

        `step` does nothing, and returns False, while there are some. One of another machine counts
        while its lease holds.
        """

    def copy(self) -> Path | None:
        """Copy a state file as it is, whole or not at all, and return the copy, which is beside it.

        None is returned if it was cancelled, if there is nothing older to be copied any more, or of
        a ledger on a server: its administrator's backups are the way back.
        """

    def step(self) -> bool:
        """Make one slice; return whether there are more.

        Raises:
            StateError, LocalFaultError: the ledger cannot be changed.
        """


def pages(desk: Desk, query: Query[Answer]) -> Iterator[list[Answer]]:
    """Yield all that a query asks for, a page at a time."""
    after: int | None = 0
    while after is not None:
        page = desk.page(query, after)
        yield list(page.rows)
        after = page.after


def changed(desk: Desk, action: Action) -> "Counter[str]":
    """Do all of a change, slice by slice; return the sums."""
    total: Counter[str] = Counter()
    after: Cursor | None = START
    while after is not None:
        slice_ = desk.change(action, after)
        total.update(slice_.counts)
        after = slice_.after
    return total
