"""A verb with -c, and the ledger of a configuration of another name: one rule for all verbs.

As `run` does, a verb that changes something or signals a process refuses while living processes of
the other one hold the ledger; one that only reads answers, and says so beside its answer.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from crawler.errors import HeldElsewhereError
from crawler.frontier import Desk, Sums, open_ledger
from crawler.frontier.process import current
from crawler.model import Seconds
from crawler.verbs.ledger import Ledger
from crawler.verbs.words import print_lines


@contextmanager
def opened_by(ledger: Ledger, *, acts: bool, write: bool = False) -> Iterator[Desk]:
    """Open the ledger of a verb; `acts` says that it changes something or signals a process.

    Raises:
        HeldElsewhereError: it acts, and the ledger is held by another configuration.
        StateError: the ledger cannot be used.
    """
    with _desk(ledger, write=write) as desk:
        _check_holder(desk, ledger, acts=acts)
        yield desk


def _desk(ledger: Ledger, *, write: bool) -> AbstractContextManager[Desk]:
    if ledger.desks and not write:
        return ledger.desks(ledger.state)
    return open_ledger(ledger.state, write=write)


def _check_holder(desk: Desk, ledger: Ledger, *, acts: bool) -> None:
    """See that the configuration of a verb is the one that holds the ledger.

    Raises:
        HeldElsewhereError: it acts, and another one does.
    """
    if ledger.brief is None:  # --state asks for no name
        return
    name = ledger.brief.name
    others = _holders(desk.sums(), name, desk.now())
    if not others:
        return
    said = (
        f"the ledger is held by the configuration {others[0][1]!r}, and this one is {name!r}: "
        f"{'; '.join(words for words, _ in others)}"
    )
    if acts:
        raise HeldElsewhereError(
            f"{said}. Name that one with -c, or set crawler.name to the same name if both are one; "
            "verbs that take --state FILE, instead of -c, ask for no name"
        )
    if ledger.note:
        ledger.note(said)
    else:
        print_lines([said], ledger.mask, err=True)


def _holders(sums: Sums, name: str, now: Seconds) -> list[tuple[str, str]]:
    """Return the living others, where one of them and not `name` was the last to take the ledger.

    A process from which it was taken over may live on until its visits have ended. Each is a clause
    about it, and whose it is.
    """
    machine = current().machine
    return [
        (f"process {one.process.pid} runs {one.config or one.name}", one.name)
        for one in sums.members
        if sums.holder != name and one.name not in {"", name}
        if one.process.may_live(machine, one.lease_until, now)
    ]
