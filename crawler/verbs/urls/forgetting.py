"""`crawler forget`: what no list names leaves the ledger, with its files if that is wanted."""

from collections import Counter
from functools import partial
from pathlib import Path

import click

from crawler.daemon.identity import check_same
from crawler.errors import UsageError
from crawler.frontier import (
    Desk,
    Forget,
    Forgettable,
    ForgetUnused,
    LetGo,
    StillForgettable,
    changed,
    pages,
)
from crawler.frontier.actions import ForgetUrl
from crawler.model import DAY_S, Seconds
from crawler.store.mark import ledger_named
from crawler.store.removing import Remover
from crawler.verbs.desk_options import DRY_RUN, JSON, Span, verb_of
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.stores import Stores
from crawler.verbs.urls.single import do_each
from crawler.verbs.words import counted, print_lines

IDLE_S: Seconds = 2 * DAY_S
"""Time for which a host is remembered without a URL: what it is owed, and asked for, is over."""


@click.command("forget")
@verb_of
@click.argument("urls", nargs=-1, metavar="[URL…]")
@click.option("--retired", is_flag=True, help="What no list of the configuration names any more.")
@click.option("--older-than", "age", type=Span(), help="Last heard of before 90d, 12h …")
@click.option("--job", help="Of this job; with URLs.")
@click.option("--files", is_flag=True, help="And their files, with the older versions.")
@DRY_RUN
@JSON
def forget_verb(
    ledger: Ledger,
    *,
    urls: tuple[str, ...],
    retired: bool,
    age: Seconds | None,
    job: str | None,
    files: bool,
    dry: bool,
    as_json_: bool,
) -> int:
    """Remove URLs from the ledger: retired ones, and those of jobs that are gone.

    Or those that are named (`-`: by standard input), unless a list names them: that would bring
    them back. Their files stay, unless --files is given with --retired.
    """
    if not urls:
        return _forget_retired(ledger, age if retired else None, files=files, dry=dry)
    if retired or age is not None or files:
        raise UsageError("name URLs, or give --retired with --older-than, and perhaps --files")
    act = partial(ForgetUrl, job=job, dry=dry)
    return do_each(ledger, urls, act, "forgotten", dry=dry, as_json_=as_json_)


def _forget_retired(ledger: Ledger, age: Seconds | None, *, files: bool, dry: bool) -> int:
    if age is None:
        raise UsageError("say what is to be forgotten: URLs, or --retired with --older-than 90d")
    with (
        opened_by(ledger, acts=not dry, write=not dry) as desk,
        Remover(_output_of(ledger, desk) if files else Path()) as remover,
    ):
        now = desk.now()
        elsewhere = _remove_files(ledger, desk, remover, now - age) if files and not dry else 0
        found = changed(desk, Forget(now - age, dry)).total()
        unused = Counter() if dry else changed(desk, ForgetUnused(IDLE_S))
    _print_stayed(remover, elsewhere)
    word = "would be" if dry else "is" if found == 1 else "are"
    print_lines([f"{counted(found, 'URL')} {word} forgotten"])
    _print_unused(unused)
    return int(bool(remover.failed))


def _print_unused(unused: Counter[str]) -> None:
    left = [counted(unused[noun], noun) for noun in ("host", "list") if unused[noun]]
    if left:
        print_lines([f"{' and '.join(left)} forgotten with them: nothing was left there"])


def _remove_files(ledger: Ledger, desk: Desk, remover: Remover, until: Seconds) -> int:
    """Remove the files of what is to be forgotten; after a crash the next call goes on.

    Return how many lie in other output folders, and stay there.

    A file is looked at while everybody else can write, and removed if it is to be forgotten still;
    what is stored in its place meanwhile is another file, and stays.
    """
    stores, elsewhere = Stores(desk.sums().stores, _output_of(ledger, desk)), 0
    for found in pages(desk, Forgettable(until)):
        files = [file for file in found if file.store == stores.own]
        elsewhere += len(found) - len(files)
        judged = dict(zip(files, remover.judge(files), strict=True))
        same = desk.entry(StillForgettable(files, until))
        remover.remove([judged[file] for file in same])
        desk.change(LetGo(same))
    return elsewhere


def _print_stayed(remover: Remover, elsewhere: int) -> None:
    """Print the files that were to go and are still there."""
    for word, paths in (("kept", remover.kept), ("failed", remover.failed)):
        print_lines(f"{word:<9} {path}" for path in paths)
    if kept := len(remover.kept):
        print_lines([f"{counted(kept, 'file')} kept: changed since, or somebody else's"])
    if failed := len(remover.failed):
        print_lines([f"{counted(failed, 'file')} could not be removed"])
    if elsewhere:
        print_lines([f"{counted(elsewhere, 'file')} kept: in other output folders"])


def _output_of(ledger: Ledger, desk: Desk) -> Path:
    """Return the output folder of a ledger, which is the one that its mark says.

    Raises:
        UsageError: no configuration names one, or it belongs to another ledger.
    """
    if ledger.settings is None:
        raise UsageError("--files needs the configuration, with -c: it names the output folder")
    output = ledger.settings.crawler.output
    check_same(ledger.state, output, ledger_named(output), desk.sums().uid)
    return output
