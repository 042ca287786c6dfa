"""`crawler reload`: processes read their configuration and its lists again."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from crawler.errors import UsageError
from crawler.frontier import Believe, changed, has_ledger
from crawler.frontier.wishes import Order
from crawler.verbs.answer import Answer
from crawler.verbs.holding import opened_by
from crawler.verbs.importing import importing
from crawler.verbs.ledger import Ledger
from crawler.verbs.orders.telling import Told, tell
from crawler.verbs.orders.waiting import until_reloaded
from crawler.verbs.words import counted


def reload(
    ledger: Ledger,
    *,
    only: int | None,
    dry_run: bool,
    waits: bool,
    job: str | None,
) -> Answer:
    """Do what `crawler reload` says; its options are in `crawler/verbs/commands/`."""
    if dry_run:
        return _preview(ledger)
    believed = []
    if job is not None:
        with opened_by(ledger, acts=True, write=True) as desk:
            held = changed(desk, Believe(job)).total()
        believed = [f"{job}: the {counted(held, 'URL')} on its lists are believed"]
    told = tell(ledger, Order.RELOAD, only)
    return Answer(
        chain(believed, _lines(ledger, told, waits=waits)),
        lambda: _document(ledger, told, waits=waits),
        code=int(not told.heard or bool(told.missed)),
    )


def _lines(ledger: Ledger, told: Told, *, waits: bool) -> Iterator[str]:
    """Say which processes were told, and, if that is waited for, what came of it."""
    yield from told.lines()
    for one, words in until_reloaded(ledger, told.heard) if waits else ():
        yield f"process {one.process.pid}: {words}"


def _document(ledger: Ledger, told: Told, *, waits: bool) -> dict[str, Any]:
    came = until_reloaded(ledger, told.heard) if waits else ()
    return {**told.document(), "reloaded": {str(one.process.pid): words for one, words in came}}


def _preview(ledger: Ledger) -> Answer:
    if ledger.settings is None:
        raise UsageError("--dry-run needs the configuration, with -c")
    if has_ledger(ledger.state):
        with opened_by(ledger, acts=False):
            pass  # it says whose the ledger is
    with importing():  # it fetches: no other verb does
        from crawler.verbs.orders.preview import preview, printed

    return Answer(printed(*preview(ledger.settings)))
