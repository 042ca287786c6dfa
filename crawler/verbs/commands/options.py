"""The options that verbs share, and the types of their values.

What reads a value is loaded with the first one: most command lines have none of a kind.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.model import Kind, Seconds

if TYPE_CHECKING:
    from crawler.state_address import StateAddress

_FILE = click.Path(path_type=Path, dir_okay=False)


class Span(click.ParamType[Seconds]):
    """A length of time as operators write it: 1d, 12h, 30m, or 0; in seconds."""

    name = "duration"

    def __init__(self, *, least: Seconds = 0.0) -> None:
        self._least = least

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Seconds:
        from crawler.config.quantities import duration

        try:
            seconds = duration(0 if value == "0" else value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds < self._least:
            self.fail(f"{value} is too short: {self._least:g} s is the least", param, ctx)
        return seconds


class Size(click.ParamType[int]):
    """A size as operators write it: 1GB."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        from crawler.config.quantities import size

        try:
            return int(size(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Share(click.ParamType[float]):
    """A share as operators write it: 10%."""

    name = "share"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = str(value).removesuffix("%")
        if not number.replace(".", "", 1).isdigit() or not 0 <= float(number) <= 100:
            self.fail(f"{value!r} is no share; write it as 10%", param, ctx)
        return float(number) / 100


class Host(click.ParamType[str]):
    """A host as operators write it, in capitals or in their own script; as the ledger spells it."""

    name = "host"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from crawler.log.values import printable
        from crawler.policy.masking import masked_line
        from crawler.urls import host_named

        try:
            return host_named(value)
        except ValueError as error:
            self.fail(f"{printable(masked_line(value))!r}: {error}", param, ctx)


class State(click.ParamType["StateAddress"]):
    """Where a ledger is: a path, or the URL of a server, of which no message repeats anything."""

    name = "file or url"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "StateAddress":
        from crawler.state_address import StateAddress, state_address

        try:
            found = value if isinstance(value, StateAddress) else state_address(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return _FILE.convert(found, param, ctx) if isinstance(found, Path) else found


CONFIG = click.option(
    "-c", "--config", "file", type=_FILE,
    envvar="CRAWLER_CONFIG", show_envvar=True, help="The configuration: it names the ledger.",
)  # fmt: skip
STATE = click.option(
    "--state", type=State(), help="The ledger itself, instead: its file, or its server's URL."
)
JSON = click.option("--json", "as_json_", is_flag=True, help="For programs.")
DRY_RUN = click.option("--dry-run", "dry", is_flag=True, help="Count, and change nothing.")


def choosing_urls(form: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options that choose URLs; `wanted` reads them."""
    kinds = click.Choice([kind.value for kind in Kind])
    options = (
        click.option("--job", help="Of this job."),
        click.option("--host", type=Host(), help="Of this host: example.org, or example.org:8080."),
        click.option(
            "--kind", "kinds", multiple=True, type=kinds,
            help="Whose last visit was of this kind; may be given again.",
        ),
        click.option(
            "--last-end", "last_ends", multiple=True, type=kinds,
            help="Whose last end was of this kind, whatever came since; may be given again.",
        ),
        click.option("--since", type=Span(), help="Visited within the last 1d, 12h, 30m …"),
    )  # fmt: skip
    return functools.reduce(lambda made, option: option(made), reversed(options), form)


def about(form: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options that say what a wish is for; `subject_of` reads them."""
    options = (
        click.option("--host", type=Host(), help="For this host: example.org or example.org:8080."),
        click.option("--job", help="For this job."),
    )
    return functools.reduce(lambda made, option: option(made), reversed(options), form)
