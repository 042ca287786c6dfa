"""The verbs `hosts`, `host` and `failures` of the command line."""

import shutil
import sys
from itertools import chain

from crawler.errors import UsageError
from crawler.frontier import AboutHost, Desk, FailuresOf, HostsOf
from crawler.model import Seconds
from crawler.verbs import hosts
from crawler.verbs.answer import Answer
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.wishes.standing import standing

_USUAL_ORDER = {"at_work": "name", "failing": "failing", "resting": "rests", "paused": "name"}


def list_hosts(
    ledger: Ledger,
    *,
    failing: bool,
    resting: bool,
    paused: bool,
    order: str | None,
    limit: int,
) -> Answer:
    """Do what `crawler hosts` says; its options are in `crawler/verbs/commands/`."""
    given = {"failing": failing, "resting": resting, "paused": paused}
    chosen = [name for name, is_given in given.items() if is_given] or ["at_work"]
    if len(chosen) > 1:
        raise UsageError("choose --failing, --resting or --paused: a host may be all of it")
    choice = chosen[0]
    with opened_by(ledger, acts=False) as desk:
        look = _look(desk, ledger)
        found = desk.entry(HostsOf(choice, order or _USUAL_ORDER[choice], look.now, limit))
    lines = hosts.table_lines(found, choice, look, _width())
    return Answer(lines, lambda: hosts.table_document(found, look))


def _width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _look(desk: Desk, ledger: Ledger) -> hosts.Look:
    return hosts.Look(desk.now(), ledger.give_up, standing(desk))


def show_host(ledger: Ledger, *, name: str) -> Answer:
    """Do what `crawler host` says; its options are in `crawler/verbs/commands/`."""
    with opened_by(ledger, acts=False) as desk:
        look = _look(desk, ledger)
        found = desk.entry(AboutHost(name))
        members = desk.sums().members
    return Answer(
        chain.from_iterable(hosts.account_lines(one, members, look) for one in found),
        lambda: {"hosts": [hosts.account_document(one, look) for one in found]},
    )


def list_failures(ledger: Ledger, *, since: Seconds, host: str | None, limit: int) -> Answer:
    """Do what `crawler failures` says; its options are in `crawler/verbs/commands/`."""
    with opened_by(ledger, acts=False) as desk:
        now = desk.now()
        found = desk.entry(FailuresOf(now - since, host, limit))
    lines = hosts.failure_lines(found, now, now - since)
    return Answer(lines, lambda: hosts.failure_document(found))
