"""`crawler retry`: URLs are due again, and begin anew."""

from collections import Counter
from functools import partial
from typing import Any

import click

from crawler.errors import UsageError
from crawler.frontier import Retry, changed
from crawler.frontier.actions import RetryUrl
from crawler.verbs.desk_options import DRY_RUN, JSON, choosing_urls, verb_of, wanted
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.urls.single import do_each
from crawler.verbs.words import as_json, counted, print_lines


@click.command("retry")
@verb_of
@click.argument("urls", nargs=-1, metavar="[URL…]")
@choosing_urls
@DRY_RUN
@JSON
def retry_verb(
    ledger: Ledger, *, urls: tuple[str, ...], dry: bool, as_json_: bool, **chosen: Any
) -> int:
    """Make URLs due now, with all their attempts: what was given up, and what waits after failures.

    A URL that is named is due whatever its last visit was; `-` reads them from standard input. A
    host that rests is not visited any sooner by it: see `crawler wake`.
    """
    job = chosen["job"]
    if urls and any(value for name, value in chosen.items() if name != "job"):
        raise UsageError("name URLs, or choose them by --host, --kind, --last-end or --since")
    if urls:
        act = partial(RetryUrl, job=job, dry=dry)
        return do_each(ledger, urls, act, "due again", dry=dry, as_json_=as_json_)
    with opened_by(ledger, acts=not dry, write=not dry) as desk:
        due = changed(desk, Retry(wanted(**chosen, now=desk.now()), dry))
    return _tell_kinds(due, dry, as_json_)


def _tell_kinds(found: "Counter[str]", dry: bool, as_json_: bool) -> int:  # noqa: FBT001  options
    """Print how many URLs are due again, by kind."""
    if as_json_:
        click.echo(as_json({"due": found.total(), "kinds": dict(found)}, indent=2))
        return 0
    word = "would be" if dry else "is" if found.total() == 1 else "are"
    print_lines([f"{counted(found.total(), 'URL')} {word} due again{_kinds(found)}"])
    return 0


def _kinds(found: "Counter[str]") -> str:
    named = [f"{kind or 'not at an end yet'} {n:,}" for kind, n in found.most_common()]
    return f": {', '.join(named)}" if named else ""
