"""The desk: the verbs that answer from the ledger, with a daemon at work on it or without one."""

import functools
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from crawler.config.units import duration
from crawler.errors import UsageError
from crawler.frontier.process import Process
from crawler.ledger.backup import backup
from crawler.ledger.entries import STATES
from crawler.ledger.forget import forget
from crawler.ledger.overview import members
from crawler.ledger.retry import retry
from crawler.ledger.selection import Wanted
from crawler.ledger.statefile import opened
from crawler.model import Kind, Seconds
from crawler.urls import canonical
from crawler.verbs import explain as explaining
from crawler.verbs import processes, status
from crawler.verbs.ledger import Ledger, ledger_of
from crawler.verbs.record import FORMATS, exported
from crawler.verbs.report import counted, size
from crawler.verbs.words import as_json, nobody_reads, tell

WAIT_FOR_END_S: Seconds = 600.0
"""How long `stop --wait` waits where no configuration says how long a stop may take."""
_SPARE_S: Seconds = 10.0


class _Span(click.ParamType[Seconds]):
    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Seconds:
        try:
            return duration(0 if value == "0" else value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _verb(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Make a function a verb that finds the ledger, and whose reader may leave."""

    @click.option(
        "-c", "--config", "file", type=click.Path(path_type=Path, dir_okay=False),
        envvar="CRAWLER_CONFIG", show_envvar=True, help="The configuration: it names the ledger.",
    )  # fmt: skip
    @click.option(
        "--state", type=click.Path(path_type=Path, dir_okay=False),
        help="The ledger itself, instead.",
    )  # fmt: skip
    @functools.wraps(function)
    def verb(*, file: Path | None, state: Path | None, **options: Any) -> int | None:
        try:
            code = function(ledger_of(file, state), **options)
            sys.stdout.flush()
        except BrokenPipeError:
            nobody_reads()
            return 0
        return code

    return verb


def _choose(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options that choose URLs."""
    options = (
        click.option("--job", help="Of this job."),
        click.option("--host", help="Of this host: example.org, or example.org:8080."),
        click.option(
            "--kind", "kinds", multiple=True, type=click.Choice([kind.value for kind in Kind]),
            help="Whose last end was of this kind; may be given again.",
        ),
        click.option("--since", type=_Span(), help="Visited within the last 1d, 12h, 30m …"),
    )  # fmt: skip
    return functools.reduce(lambda made, option: option(made), reversed(options), function)


def _wanted(
    job: str | None,
    host: str | None,
    kinds: Sequence[str],
    since: Seconds | None,
    states: Sequence[str] = (),
) -> Wanted:
    at = None if since is None else time.time() - since
    return Wanted(job, host, tuple(kinds), tuple(states), at)


_JSON = click.option("--json", "as_json_", is_flag=True, help="For programs.")
_DRY = click.option("--dry-run", "dry", is_flag=True, help="Count, and change nothing.")


@click.command("status")
@_verb
@_JSON
def status_verb(ledger: Ledger, *, as_json_: bool) -> None:
    """Tell how the crawler is: processes, jobs, rates, hosts, and why it is idle if it is."""
    with opened(ledger.state) as db:
        found = status.look(db, ledger, time.time())
    if as_json_:
        return click.echo(as_json(status.document(found, ledger), indent=2))
    return tell(status.lines(found, ledger))


@click.command("explain")
@_verb
@_JSON
@click.argument("url")
def explain_verb(ledger: Ledger, *, url: str, as_json_: bool) -> int:
    """Tell all that is known of a URL, and what it waits for; exit with 1 if no job knows it."""
    try:
        url = canonical(url)
    except ValueError as error:
        raise UsageError(f"{url!r}: {error}") from error
    now = time.time()
    with opened(ledger.state) as db:
        cases = explaining.cases(db, ledger, url, now)
        missed = None if cases else explaining.unknown(db, ledger, url)
    if as_json_:
        found = [explaining.document(case) for case in cases]
        more = explaining.unknown_document(missed) if missed else {}
        click.echo(as_json({"url": url, "jobs": found, **more}, indent=2))
    else:
        tell([url])
        for case in cases:
            tell(explaining.lines(case))
        if missed:
            tell(explaining.unknown_lines(missed, now))
    return 0 if cases else 1


@click.command("export")
@_verb
@_choose
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
def export_verb(ledger: Ledger, *, style: str, **chosen: Any) -> None:
    """Print the ledger: every URL with its last outcome."""
    with opened(ledger.state) as db:
        for text in exported(db, _wanted(**chosen), style):
            sys.stdout.write(text)


@click.command("retry")
@_verb
@_choose
@_DRY
def retry_verb(ledger: Ledger, *, dry: bool, **chosen: Any) -> None:
    """Make URLs due now whose last visit was a bad end, with all their attempts."""
    with opened(ledger.state, write=not dry, obeys=ledger.says) as db:
        found = retry(db, _wanted(**chosen), time.time(), dry=dry)
    word = "would be" if dry else "is" if found.total() == 1 else "are"
    tell([f"{counted(found.total(), 'URL')} {word} due again{_kinds(found)}"])


def _kinds(found: "Counter[str]") -> str:
    named = [f"{kind} {n:,}" for kind, n in found.most_common()]
    return f": {', '.join(named)}" if named else ""


@click.command("forget")
@_verb
@click.option("--retired", is_flag=True, help="What no list of the configuration names any more.")
@click.option(
    "--older-than", "age", type=_Span(), required=True, help="Last heard of before 90d, 12h …"
)
@_DRY
def forget_verb(ledger: Ledger, *, retired: bool, age: Seconds, dry: bool) -> None:
    """Remove URLs from the ledger: retired ones, and those of jobs that are gone. Files stay."""
    if not retired:
        raise UsageError("say what is to be forgotten: --retired")
    with opened(ledger.state, write=not dry, obeys=ledger.says) as db:
        found = forget(db, time.time() - age, dry=dry)
    word = "would be" if dry else "is" if found == 1 else "are"
    tell([f"{counted(found, 'URL')} {word} forgotten"])


@click.command("backup")
@_verb
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def backup_verb(ledger: Ledger, *, target: Path, force: bool) -> None:
    """Write a consistent copy of the ledger to FILE, whole or not at all; the daemon goes on.

    To restore it: stop the daemon, remove the state file with its -wal and -shm, and copy FILE
    in its place.
    """
    written = backup(ledger.state, target, force=force)
    tell([f"{target}: {size(written)}, checked and whole"])


@click.command("stop")
@_verb
@click.option("--wait", is_flag=True, help="Return when the processes have ended.")
def stop_verb(ledger: Ledger, *, wait: bool) -> None:
    """Have every process of this machine drain and exit; a second time forces it."""
    heard = _signal(ledger, signal.SIGTERM, "told to stop")
    if wait:
        options = ledger.settings.crawler if ledger.settings else None
        processes.wait(heard, options.grace_period + _SPARE_S if options else WAIT_FOR_END_S)


@click.command("reload")
@_verb
@click.option("--dry-run", is_flag=True, help="Only tell what it would change.")
def reload_verb(ledger: Ledger, *, dry_run: bool) -> int:
    """Have every process of this machine read its configuration again; its log says what came."""
    if dry_run:
        if ledger.settings is None:
            raise UsageError("--dry-run needs the configuration, with -c")
        from crawler.verbs.reload_preview import preview, printed  # it fetches: no other verb does

        tell(printed(*preview(ledger.settings)))
        return 0
    return 0 if _signal(ledger, signal.SIGHUP, "told to reload") else 1


def _signal(ledger: Ledger, number: signal.Signals, what: str) -> list[Process]:
    with opened(ledger.state) as db:
        found = members(db)
    heard = processes.send(processes.here(found), number)
    tell(f"process {one.pid} was {what}" for one in heard)
    for one in processes.elsewhere(found, time.time()):
        machine = one.machine.partition(" ")[0]
        tell([f"process {one.pid} on {machine} was not reached: do it there"])
    if not heard:
        tell(["no daemon is running on this machine"])
    return heard


VERBS: tuple[click.Command, ...] = (
    status_verb, explain_verb, export_verb, retry_verb, forget_verb, backup_verb, stop_verb,
    reload_verb,
)  # fmt: skip
