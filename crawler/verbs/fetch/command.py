"""The command line of `crawler fetch`: what was typed, and one line about what was typed wrong."""

from collections.abc import Sequence
from typing import Any

import click

from crawler.errors import UsageError
from crawler.verbs.fetch.options import OPTIONS
from crawler.verbs.fetch.refusals import refusal
from crawler.verbs.importing import importing


class _Fetch(click.Command):
    """A command whose mistakes are one line, and name the option that does what was meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise UsageError(refusal(error.option_name, _word(error.option_name, typed))) from None
        except click.UsageError as error:
            raise UsageError(error.format_message()) from None


def _word(name: str, typed: Sequence[str]) -> str:
    """Return the word that an option stood in: -nd is no -n with a value d."""
    begins = (one for one in typed if one.startswith(name))
    holds = (one for one in typed if one[0:1] == "-" != one[1:2] and name[1:] in one[2:])
    return next(begins, None) or next(holds, name)


def _is_unsaid(value: Any) -> bool:
    return value is None or value is False or value == ()


def _fetch(**options: Any) -> int:
    """Fetch URLs now, without a daemon: one shot, a progress bar, a report.

    URLs may hold curl's globs, {cn,in,us}, [001-100], [a-z], and user:password@. Names of options
    are those of curl and wget. Times are seconds, or as in 500ms, 5m; sizes as in 10k, 10M.
    """
    given = {name: value for name, value in options.items() if not _is_unsaid(value)}
    if not {"urls", "input_file"} & given.keys():
        raise UsageError("name URLs, or a list of them with -i")
    with importing():
        from crawler.verbs.fetch.run import fetch as run

    return run(given)


VERBS: tuple[click.Command, ...] = (
    _Fetch("fetch", params=list(OPTIONS), callback=_fetch, help=_fetch.__doc__),
)
