"""Hosts and what fails there: hosts, host, failures."""

import click

from crawler.choices import HOST_ORDERS
from crawler.verbs.commands.declaring import answering, does, verb_that_asks
from crawler.verbs.commands.options import Host, Span

_LIMIT = click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Lines at most."
)


@click.command("hosts")
@verb_that_asks
@answering
@click.option("--failing", is_flag=True, help="Those that fail, or have banned us.")
@click.option("--resting", is_flag=True, help="Those that rest for longer than their delay.")
@click.option("--paused", is_flag=True, help="Those that an operator has paused by their names.")
@click.option(
    "--sort", "order", type=click.Choice(HOST_ORDERS), help="Another order than the usual."
)
@_LIMIT
@does("verbs.hosts_verbs:list_hosts")
def hosts_verb() -> None:
    """Show hosts: those at work or next, or those that fail, rest or are paused; each with why."""


@click.command("host")
@verb_that_asks
@answering
@click.argument("name", metavar="HOST", type=Host())
@does("verbs.hosts_verbs:show_host")
def host_verb() -> None:
    """Show all of a host, example.org or example.org:8080, with its last failures."""


@click.command("failures")
@verb_that_asks
@answering
@click.option(
    "--since", type=Span(), default="1d", show_default=True,
    help="That failed within the last 1h, 30m …",
)  # fmt: skip
@click.option("--host", type=Host(), help="Of this host: example.org, or example.org:8080.")
@_LIMIT
@does("verbs.hosts_verbs:list_failures")
def failures_verb() -> None:
    """Show the visits that failed, by host and cause, the newest first, each with an example."""


VERBS: tuple[click.Command, ...] = (hosts_verb, host_verb, failures_verb)
