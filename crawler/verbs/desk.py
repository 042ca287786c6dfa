"""The desk: the verbs that answer from the ledger, with a daemon at work on it or without one."""

import sys
from itertools import chain
from pathlib import Path
from typing import Any

from crawler.errors import UsageError
from crawler.frontier import (
    open_ledger,
)
from crawler.log import size
from crawler.policy.masking import NOTHING, masked_line
from crawler.urls import canonical
from crawler.verbs.answer import Answer
from crawler.verbs.choice import wanted
from crawler.verbs.holding import opened_by
from crawler.verbs.importing import importing
from crawler.verbs.ledger import Ledger
from crawler.verbs.record import exported
from crawler.verbs.words import print_lines


def explain(ledger: Ledger, *, url: str) -> Answer:
    """Do what `crawler explain` says; its options are in `crawler/verbs/commands/`."""
    with importing():
        from crawler.verbs import explain as explaining

    url = _canonical(url)
    with opened_by(ledger, acts=False) as desk:
        now = desk.now()
        looked = explaining.look(desk, ledger, url, now)
    missed = looked if isinstance(looked, explaining.Unknown) else None
    cases = [] if isinstance(looked, explaining.Unknown) else looked
    more = explaining.unknown_lines(missed, now) if missed else ()
    lines = chain([url], chain.from_iterable(map(explaining.lines, cases)), more)

    def document() -> dict[str, Any]:
        found = [explaining.document(case) for case in cases]
        other = explaining.unknown_document(missed) if missed else {}
        return {"url": url, "jobs": found, **other}

    return Answer(lines, document, code=int(not cases))


def _canonical(url: str) -> str:
    try:
        return canonical(url)
    except ValueError as error:
        raise UsageError(f"{masked_line(url)!r}: {error}") from error


def export(ledger: Ledger, *, style: str, unmasked: bool, **chosen: Any) -> None:
    """Do what `crawler export` says; its options are in `crawler/verbs/commands/`."""
    with opened_by(ledger, acts=False) as desk:
        mask = NOTHING if unmasked else ledger.mask
        for text in exported(desk, wanted(**chosen, now=desk.now()), style, mask):
            sys.stdout.write(text)


def backup(ledger: Ledger, *, target: Path, force: bool) -> None:
    """Do what `crawler backup` says; its options are in `crawler/verbs/commands/`."""
    with open_ledger(ledger.state) as desk:
        written = desk.backup(target, force=force)
    print_lines([f"{target}: {size(written)}, checked and whole"])
