"""A verb with -c, and the ledger of a configuration of another name: one rule for all verbs.

As `run` does, a verb that changes something or signals a process refuses while living processes of
the other one hold the ledger; one that only reads answers, and says so beside its answer.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from crawler.errors import HeldElsewhereError
from crawler.frontier.sqlite.file.statefile import Connection, opened
from crawler.frontier.sqlite.rows.identity import held_by_others
from crawler.verbs.ledger import Ledger
from crawler.verbs.words import print_lines


@contextmanager
def opened_by(ledger: Ledger, *, acts: bool, write: bool = False) -> Iterator[Connection]:
    """Open the ledger of a verb; `acts` says that it changes something or signals a process.

    Raises:
        HeldElsewhereError: it acts, and the ledger is held by another configuration.
        StateError: the ledger cannot be used.
    """
    with opened(ledger.state, write=write) as db:
        check_holder(db, ledger, acts=acts)
        yield db


def check_holder(db: Connection, ledger: Ledger, *, acts: bool) -> None:
    """See that the configuration of a verb is the one that holds the ledger.

    Raises:
        HeldElsewhereError: it acts, and another one does.
    """
    if ledger.settings is None:  # --state asks for no name
        return
    name = ledger.settings.crawler.name or ""
    others = held_by_others(db, name, time.time())
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
    print_lines([said], ledger.mask, err=True)
