"""`crawler reload`: processes read their configuration and its lists again."""

import click

from crawler.errors import UsageError
from crawler.frontier import Believe, changed, has_ledger
from crawler.frontier.wishes import Order
from crawler.verbs.desk_options import JSON, verb_of
from crawler.verbs.holding import opened_by
from crawler.verbs.importing import importing
from crawler.verbs.ledger import Ledger
from crawler.verbs.orders.options import PROCESS
from crawler.verbs.orders.telling import Told, tell
from crawler.verbs.orders.waiting import until_reloaded
from crawler.verbs.words import as_json, counted, print_lines


@click.command("reload")
@verb_of
@PROCESS
@click.option("--dry-run", is_flag=True, help="Only tell what it would change.")
@click.option("--wait", "waits", is_flag=True, help="Return when it is in force; say what changed.")
@click.option(
    "--believe", "job", metavar="JOB",
    help="Its lists lost so many URLs that nothing was removed; that is right.",
)  # fmt: skip
@JSON
def reload_verb(
    ledger: Ledger,
    *,
    only: int | None,
    dry_run: bool,
    waits: bool,
    job: str | None,
    as_json_: bool,
) -> int:
    """Have every process read its configuration again. Exit with 1 if there is none.

    Processes of this machine get a signal, those of others are told by the ledger.
    """
    if dry_run:
        _preview(ledger)
        return 0
    if job is not None:
        with opened_by(ledger, acts=True, write=True) as desk:
            held = changed(desk, Believe(job)).total()
        print_lines([f"{job}: the {counted(held, 'URL')} on its lists are believed"])
    told = tell(ledger, Order.RELOAD, only)
    _say(ledger, told, waits=waits, as_json_=as_json_)
    return int(not told.heard or bool(told.missed))


def _say(ledger: Ledger, told: Told, *, waits: bool, as_json_: bool) -> None:
    """Say which processes were told, and, if that is waited for, what came of it."""
    if not as_json_:
        print_lines(told.lines(), ledger.mask)
    came = dict(until_reloaded(ledger, told.heard)) if waits else {}
    if as_json_:
        results = {str(one.process.pid): words for one, words in came.items()}
        click.echo(as_json({**told.document(), "reloaded": results}, ledger.mask, indent=2))
        return
    print_lines((f"process {one.process.pid}: {words}" for one, words in came.items()), ledger.mask)


def _preview(ledger: Ledger) -> None:
    if ledger.settings is None:
        raise UsageError("--dry-run needs the configuration, with -c")
    if has_ledger(ledger.state):
        with opened_by(ledger, acts=False):
            pass  # it says whose the ledger is
    with importing():  # it fetches: no other verb does
        from crawler.verbs.orders.preview import preview, printed

    print_lines(printed(*preview(ledger.settings)), ledger.mask)
