"""The options that the verbs of the desk share."""

import functools
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import click

from crawler.config.quantities import duration
from crawler.frontier import Wanted
from crawler.log import printable
from crawler.model import Kind, Seconds
from crawler.policy.masking import masked_line
from crawler.state_address import StateAddress, state_address
from crawler.urls import host_named
from crawler.verbs.ledger import Ledger, configured_ledger, ledger_asked, ledger_of

ENDED_BY_INT = 130
"""Exit code of a program that a ^C ended, as shells give it: 128 and the number of SIGINT."""


class Span(click.ParamType[Seconds]):
    """A length of time as operators write it: 1d, 12h, 30m, or 0; in seconds."""

    name = "duration"

    def __init__(self, *, least: Seconds = 0.0) -> None:
        self._least = least

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Seconds:
        try:
            seconds = duration(0 if value == "0" else value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds < self._least:
            self.fail(f"{value} is too short: {self._least:g} s is the least", param, ctx)
        return seconds


class Host(click.ParamType[str]):
    """A host as operators write it, in capitals or in their own script; as the ledger spells it."""

    name = "host"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return host_named(value)
        except ValueError as error:
            self.fail(f"{printable(masked_line(value))!r}: {error}", param, ctx)


_FILE = click.Path(path_type=Path, dir_okay=False)


class State(click.ParamType[StateAddress]):
    """Where a ledger is: a path, or the URL of a server, of which no message repeats anything."""

    name = "file or url"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> StateAddress:
        try:
            found = value if isinstance(value, StateAddress) else state_address(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return _FILE.convert(found, param, ctx) if isinstance(found, Path) else found


CONFIG = click.option(
    "-c", "--config", "file", type=click.Path(path_type=Path, dir_okay=False),
    envvar="CRAWLER_CONFIG", show_envvar=True, help="The configuration: it names the ledger.",
)  # fmt: skip
STATE = click.option(
    "--state", type=State(), help="The ledger itself, instead: its file, or its server's URL."
)


def verb_of(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Give a verb its ledger, from -c or --state, and an end when its reader closes the pipe."""
    return CONFIG(STATE(_ended(function, ledger_of)))


def verb_that_asks(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Give a verb the same, where it asks and needs no more than the brief of a configuration."""
    return CONFIG(STATE(_ended(function, ledger_asked)))


def verb_of_configuration(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Give a verb the same, where it needs the configuration and not its ledger alone."""
    return CONFIG(_ended(function, configured_ledger))


def _ended(
    function: Callable[..., int | None],
    find: Callable[[Path | None, StateAddress | None], Ledger],
) -> Callable[..., int | None]:
    """Return a verb that finds its ledger by `find`.

    A reader such as `head` ends with what it wanted; the writer then ends quietly, with 0.
    """

    @functools.wraps(function)
    def verb(*, file: Path | None, state: StateAddress | None = None, **options: Any) -> int | None:
        try:
            code = function(find(file, state), **options)
            sys.stdout.flush()
        except BrokenPipeError:
            discard_output()
            return 0
        return code

    verb.finds = find  # type: ignore[attr-defined]
    return verb


def finder_of(command: click.Command) -> Callable[..., Ledger]:
    """Return how a verb finds its ledger."""
    return cast("Callable[..., Ledger]", command.callback.finds)  # type: ignore[union-attr]


def quietly(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Let a verb end quietly when its reader closes the pipe, with 0, and at a ^C, with 130."""

    @functools.wraps(function)
    def verb(**options: Any) -> int | None:
        try:
            code = function(**options)
            sys.stdout.flush()
        except BrokenPipeError:
            discard_output()
            return 0
        except KeyboardInterrupt:
            discard_output()
            return ENDED_BY_INT
        return code

    return verb


def choosing_urls(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options that choose URLs; `wanted` reads them."""
    options = (
        click.option("--job", help="Of this job."),
        click.option("--host", type=Host(), help="Of this host: example.org, or example.org:8080."),
        click.option(
            "--kind", "kinds", multiple=True, type=click.Choice([kind.value for kind in Kind]),
            help="Whose last visit was of this kind; may be given again.",
        ),
        click.option(
            "--last-end", "last_ends", multiple=True,
            type=click.Choice([kind.value for kind in Kind]),
            help="Whose last end was of this kind, whatever came since; may be given again.",
        ),
        click.option("--since", type=Span(), help="Visited within the last 1d, 12h, 30m …"),
    )  # fmt: skip
    return functools.reduce(lambda made, option: option(made), reversed(options), function)


def wanted(
    job: str | None,
    host: str | None,
    kinds: Sequence[str],
    last_ends: Sequence[str],
    since: Seconds | None,
    states: Sequence[str] = (),
    *,
    now: Seconds,
) -> Wanted:
    """Return which URLs the options of `choosing_urls` and `states` choose at a time."""
    at = None if since is None else now - since
    return Wanted(job, host, tuple(kinds), tuple(states), at, tuple(last_ends))


JSON = click.option("--json", "as_json_", is_flag=True, help="For programs.")
DRY_RUN = click.option("--dry-run", "dry", is_flag=True, help="Count, and change nothing.")


def discard_output() -> None:
    """Send standard output nowhere: Python flushes it once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
