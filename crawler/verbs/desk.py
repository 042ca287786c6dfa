"""The desk: the verbs that answer from the ledger, with a daemon at work on it or without one."""

import signal
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import click

from crawler.errors import UsageError
from crawler.frontier import (
    STATES,
    Believe,
    changed,
    open_ledger,
)
from crawler.frontier.process import Process
from crawler.log import size
from crawler.model import Seconds
from crawler.policy.masking import NOTHING, masked_line
from crawler.urls import canonical
from crawler.verbs import processes
from crawler.verbs.desk_options import JSON, choosing_urls, verb_of, wanted
from crawler.verbs.holding import opened_by
from crawler.verbs.importing import importing
from crawler.verbs.ledger import Ledger
from crawler.verbs.record import FORMATS, exported
from crawler.verbs.words import as_json, counted, print_lines

WAIT_FOR_END_S: Seconds = 600.0
"""How long `stop --wait` waits where no configuration says how long a stop may take."""
STOP_MARGIN_S: Seconds = 10.0
"""How long `stop --wait` waits beyond the grace period."""


@click.command("explain")
@verb_of
@JSON
@click.argument("url")
def explain_verb(ledger: Ledger, *, url: str, as_json_: bool) -> int:
    """Show all that is known of a URL, and what it waits for; exit with 1 if no job knows it."""
    with importing():
        from crawler.verbs import explain as explaining

    url = _canonical(url)
    with opened_by(ledger, acts=False) as desk:
        now = desk.now()
        looked = explaining.look(desk, ledger, url, now)
    missed = looked if isinstance(looked, explaining.Unknown) else None
    cases = [] if isinstance(looked, explaining.Unknown) else looked
    if as_json_:
        found = [explaining.document(case) for case in cases]
        other = explaining.unknown_document(missed) if missed else {}
        click.echo(as_json({"url": url, "jobs": found, **other}, ledger.mask, indent=2))
        return int(not cases)
    more = explaining.unknown_lines(missed, now) if missed else ()
    lines = [url, *chain.from_iterable(map(explaining.lines, cases)), *more]
    print_lines(lines, ledger.mask)
    return int(not cases)


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


@click.command("stop")
@verb_of
@click.option("--wait", is_flag=True, help="Return when the processes have ended.")
def stop_verb(ledger: Ledger, *, wait: bool) -> None:
    """Have every process of this machine drain and exit; a second time forces it."""
    heard = _signal(ledger, signal.SIGTERM, "told to stop")
    if wait:
        options = ledger.settings.crawler if ledger.settings else None
        processes.wait(heard, options.grace_period + STOP_MARGIN_S if options else WAIT_FOR_END_S)


@click.command("reload")
@verb_of
@click.option("--dry-run", is_flag=True, help="Only tell what it would change.")
@click.option(
    "--believe", "job", metavar="JOB",
    help="Its lists lost so many URLs that nothing was removed; that is right.",
)  # fmt: skip
def reload_verb(ledger: Ledger, *, dry_run: bool, job: str | None) -> int:
    """Have every process of this machine read its configuration again; its log has the result."""
    if dry_run:
        _preview(ledger)
        return 0
    if job is not None:
        with opened_by(ledger, acts=True, write=True) as desk:
            held = changed(desk, Believe(job)).total()
        print_lines([f"{job}: the {counted(held, 'URL')} on its lists are believed"])
    return 0 if _signal(ledger, signal.SIGHUP, "told to reload") else 1


def _preview(ledger: Ledger) -> None:
    if ledger.settings is None:
        raise UsageError("--dry-run needs the configuration, with -c")
    if ledger.state.exists():
        with opened_by(ledger, acts=False):
            pass  # it says whose the ledger is
    with importing():  # it fetches: no other verb does
        from crawler.verbs.reload_preview import preview, printed

    print_lines(printed(*preview(ledger.settings)), ledger.mask)


def _signal(ledger: Ledger, number: signal.Signals, what: str) -> list[Process]:
    with opened_by(ledger, acts=True) as desk:
        found, now = desk.sums().members, desk.now()
    here = processes.here(found)
    deaf = [one for one in here if processes.ignores(one, number)]
    heard = processes.send([one for one in here if one not in deaf], number)
    print_lines(f"process {one.pid} was {what}" for one in heard)
    for one in deaf:
        name = number.name.removeprefix("SIG")
        print_lines(
            [f"process {one.pid} ignores {name}, as nohup has it: restart it, or use watch"]
        )
    for one in processes.elsewhere(found, now):
        machine = one.machine.partition(" ")[0]
        print_lines([f"process {one.pid} on {machine} was not reached: do it there"])
    if not here:
        print_lines(["no daemon is running on this machine"])
    return heard


VERBS: tuple[click.Command, ...] = (
    explain_verb, export_verb, backup_verb, stop_verb,
    reload_verb,
)  # fmt: skip
