"""The desk: the verbs that answer from the ledger, with a daemon at work on it or without one."""

import sys
from itertools import chain
from pathlib import Path
from typing import Any

import click

from crawler.errors import UsageError
from crawler.frontier import (
    STATES,
    open_ledger,
)
from crawler.log import size
from crawler.policy.masking import NOTHING, masked_line
from crawler.urls import canonical
from crawler.verbs.answer import Answer, answering
from crawler.verbs.desk_options import choosing_urls, verb_of, wanted
from crawler.verbs.holding import opened_by
from crawler.verbs.importing import importing
from crawler.verbs.ledger import Ledger
from crawler.verbs.record import FORMATS, exported
from crawler.verbs.words import print_lines


@click.command("explain")
@verb_of
@answering
@click.argument("url")
def explain_verb(ledger: Ledger, *, url: str) -> Answer:
    """Show all that is known of a URL, and what it waits for; exit with 1 if no job knows it."""
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


@click.command("export")
@verb_of
@choosing_urls
@click.option(
    "--in-state",
    "states",
    multiple=True,
    type=click.Choice(STATES),
    help="In this state; may be given again.",
)
@click.option(
    "--format", "style", type=click.Choice(FORMATS), default="jsonl", show_default=True,
    help="csv is for spreadsheets: what looks like a formula gets an apostrophe before it.",
)  # fmt: skip
@click.option(
    "--unmasked", is_flag=True, help="With the secrets of the URLs: what is printed is one then."
)
def export_verb(ledger: Ledger, *, style: str, unmasked: bool, **chosen: Any) -> None:
    """Print the ledger: every URL with its last outcome."""
    with opened_by(ledger, acts=False) as desk:
        mask = NOTHING if unmasked else ledger.mask
        for text in exported(desk, wanted(**chosen, now=desk.now()), style, mask):
            sys.stdout.write(text)


@click.command("backup")
@verb_of
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def backup_verb(ledger: Ledger, *, target: Path, force: bool) -> None:
    """Write a consistent copy of the ledger to FILE, whole or not at all; the daemon goes on.

    To restore it: stop the daemon, remove the state file with its -wal and -shm, and copy FILE
    in its place.
    """
    with open_ledger(ledger.state) as desk:
        written = desk.backup(target, force=force)
    print_lines([f"{target}: {size(written)}, checked and whole"])


VERBS: tuple[click.Command, ...] = (
    explain_verb, export_verb, backup_verb,
)  # fmt: skip
