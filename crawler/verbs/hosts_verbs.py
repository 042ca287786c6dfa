"""The verbs `hosts`, `host` and `failures` of the command line."""

import shutil
import sys
from itertools import chain

import click

from crawler.errors import UsageError
from crawler.frontier import AboutHost, Desk, FailuresOf, HostsOf
from crawler.frontier.hosts import ORDERS
from crawler.model import Seconds
from crawler.verbs import hosts
from crawler.verbs.answer import Answer, answering
from crawler.verbs.desk_options import Host, Span, verb_that_asks
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.wishes.standing import standing

_USUAL_ORDER = {"at_work": "name", "failing": "failing", "resting": "rests", "paused": "name"}
_LIMIT = click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Lines at most."
)


@click.command("hosts")
@verb_that_asks
@answering
@click.option("--failing", is_flag=True, help="Those that fail, or have banned us.")
@click.option("--resting", is_flag=True, help="Those that rest for longer than their delay.")
@click.option("--paused", is_flag=True, help="Those that an operator has paused by their names.")
@click.option("--sort", "order", type=click.Choice(ORDERS), help="Another order than the usual.")
@_LIMIT
def hosts_verb(
    ledger: Ledger,
    *,
    failing: bool,
    resting: bool,
    paused: bool,
    order: str | None,
    limit: int,
) -> Answer:
    """Show hosts: those at work or next, or those that fail, rest or are paused; each with why."""
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


@click.command("host")
@verb_that_asks
@answering
@click.argument("name", metavar="HOST", type=Host())
def host_verb(ledger: Ledger, *, name: str) -> Answer:
    """Show all of a host, example.org or example.org:8080, with its last failures."""
    with opened_by(ledger, acts=False) as desk:
        look = _look(desk, ledger)
        found = desk.entry(AboutHost(name))
        members = desk.sums().members
    return Answer(
        chain.from_iterable(hosts.account_lines(one, members, look) for one in found),
        lambda: {"hosts": [hosts.account_document(one, look) for one in found]},
    )


@click.command("failures")
@verb_that_asks
@answering
@click.option(
    "--since", type=Span(), default="1d", show_default=True,
    help="That failed within the last 1h, 30m …",
)  # fmt: skip
@click.option("--host", type=Host(), help="Of this host: example.org, or example.org:8080.")
@_LIMIT
def failures_verb(ledger: Ledger, *, since: Seconds, host: str | None, limit: int) -> Answer:
    """Show the visits that failed, by host and cause, the newest first, each with an example."""
    with opened_by(ledger, acts=False) as desk:
        now = desk.now()
        found = desk.entry(FailuresOf(now - since, host, limit))
    lines = hosts.failure_lines(found, now, now - since)
    return Answer(lines, lambda: hosts.failure_document(found))


VERBS: tuple[click.Command, ...] = (hosts_verb, host_verb, failures_verb)
