"""The verbs `hosts`, `host` and `failures` of the command line."""

from typing import Any

import click

from crawler.errors import UsageError
from crawler.frontier import AboutHost, FailuresOf, HostsOf
from crawler.frontier.hosts import ORDERS
from crawler.model import Seconds
from crawler.verbs import hosts
from crawler.verbs.desk_options import JSON, Span, verb_of
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.words import as_json, print_lines

_USUAL_ORDER = {"at_work": "name", "failing": "failing", "resting": "rests"}
_LIMIT = click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Lines at most."
)


@click.command("hosts")
@verb_of
@click.option("--failing", is_flag=True, help="Those that fail, or have banned us.")
@click.option("--resting", is_flag=True, help="Those that rest for longer than their delay.")
@click.option("--sort", "order", type=click.Choice(ORDERS), help="Another order than the usual.")
@_LIMIT
@JSON
def hosts_verb(
    ledger: Ledger, *, failing: bool, resting: bool, order: str | None, limit: int, as_json_: bool
) -> None:
    """Show hosts: those at work or next, or those that fail or rest; each with its reason."""
    if failing and resting:
        raise UsageError("choose --failing or --resting: a host that fails rests as well")
    choice = "failing" if failing else "resting" if resting else "at_work"
    with opened_by(ledger, acts=False) as desk:
        now = desk.now()
        found = desk.entry(HostsOf(choice, order or _USUAL_ORDER[choice], now, limit))
    if as_json_:
        return _print_json(hosts.table_document(found, ledger, now), ledger)
    return print_lines(hosts.table_lines(found, choice, ledger, now), ledger.mask)


@click.command("host")
@verb_of
@click.argument("name", metavar="HOST")
@JSON
def host_verb(ledger: Ledger, *, name: str, as_json_: bool) -> None:
    """Show all of a host, example.org or example.org:8080, with its last failures."""
    with opened_by(ledger, acts=False) as desk:
        now = desk.now()
        found = desk.entry(AboutHost(name))
        members = desk.sums().members
    if as_json_:
        told = [hosts.account_document(one, ledger, now) for one in found]
        return _print_json({"hosts": told}, ledger)
    for one in found:
        print_lines(hosts.account_lines(one, members, ledger, now), ledger.mask)
    return None


@click.command("failures")
@verb_of
@click.option(
    "--since", type=Span(), default="1d", show_default=True,
    help="That failed within the last 1h, 30m …",
)  # fmt: skip
@click.option("--host", help="Of this host: example.org, or example.org:8080.")
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
