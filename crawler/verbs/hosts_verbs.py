"""The verbs `hosts`, `host` and `failures` of the command line."""

import shutil
import sys
from typing import Any

import click

from crawler.errors import UsageError
from crawler.frontier import AboutHost, Desk, FailuresOf, HostsOf
from crawler.frontier.hosts import ORDERS
from crawler.model import Seconds
from crawler.verbs import hosts
from crawler.verbs.desk_options import JSON, Host, Span, verb_that_asks
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.wishes.standing import standing
from crawler.verbs.words import as_json, print_lines

_USUAL_ORDER = {"at_work": "name", "failing": "failing", "resting": "rests", "paused": "name"}
_LIMIT = click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Lines at most."
)


@click.command("hosts")
@verb_that_asks
@click.option("--failing", is_flag=True, help="Those that fail, or have banned us.")
@click.option("--resting", is_flag=True, help="Those that rest for longer than their delay.")
@click.option("--paused", is_flag=True, help="Those that an operator has paused by their names.")
@click.option("--sort", "order", type=click.Choice(ORDERS), help="Another order than the usual.")
@_LIMIT
@JSON
def hosts_verb(
    ledger: Ledger,
    *,
    failing: bool,
    resting: bool,
    paused: bool,
    order: str | None,
    limit: int,
    as_json_: bool,
) -> None:
    """Show hosts: those at work or next, or those that fail, rest or are paused; each with why."""
    given = {"failing": failing, "resting": resting, "paused": paused}
    chosen = [name for name, is_given in given.items() if is_given] or ["at_work"]
    if len(chosen) > 1:
        raise UsageError("choose --failing, --resting or --paused: a host may be all of it")
    choice = chosen[0]
    with opened_by(ledger, acts=False) as desk:
        look = _look(desk, ledger)
        found = desk.entry(HostsOf(choice, order or _USUAL_ORDER[choice], look.now, limit))
    if as_json_:
        return _print_json(hosts.table_document(found, look), ledger)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return print_lines(hosts.table_lines(found, choice, look, width), ledger.mask)


def _look(desk: Desk, ledger: Ledger) -> hosts.Look:
    return hosts.Look(desk.now(), ledger.give_up, standing(desk))


@click.command("host")
@verb_that_asks
@click.argument("name", metavar="HOST", type=Host())
@JSON
def host_verb(ledger: Ledger, *, name: str, as_json_: bool) -> None:
    """Show all of a host, example.org or example.org:8080, with its last failures."""
    with opened_by(ledger, acts=False) as desk:
        look = _look(desk, ledger)
        found = desk.entry(AboutHost(name))
        members = desk.sums().members
    if as_json_:
        told = [hosts.account_document(one, look) for one in found]
        return _print_json({"hosts": told}, ledger)
    for one in found:
        print_lines(hosts.account_lines(one, members, look), ledger.mask)
    return None


@click.command("failures")
@verb_that_asks
@click.option(
    "--since", type=Span(), default="1d", show_default=True,
    help="That failed within the last 1h, 30m …",
)  # fmt: skip
@click.option("--host", type=Host(), help="Of this host: example.org, or example.org:8080.")
@_LIMIT
@JSON
def failures_verb(
    ledger: Ledger, *, since: Seconds, host: str | None, limit: int, as_json_: bool
) -> None:
    """Show the visits that failed, by host and cause, the newest first, each with an example."""
    with opened_by(ledger, acts=False) as desk:
        now = desk.now()
        found = desk.entry(FailuresOf(now - since, host, limit))
    if as_json_:
        return _print_json(hosts.failure_document(found), ledger)
    return print_lines(hosts.failure_lines(found, now, now - since), ledger.mask)


def _print_json(document: dict[str, Any], ledger: Ledger) -> None:
    click.echo(as_json(document, ledger.mask, indent=2))


VERBS: tuple[click.Command, ...] = (hosts_verb, host_verb, failures_verb)
