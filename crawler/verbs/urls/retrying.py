"""`crawler retry`: URLs are due again, and begin anew."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import click

from crawler.errors import UsageError
from crawler.frontier import Desk, HostState, Retry, changed
from crawler.frontier.actions import RetryUrl
from crawler.model import Seconds
from crawler.verbs.desk_options import DRY_RUN, JSON, choosing_urls, verb_of, wanted
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.urls.resting import document, lines, of_names, resting, waiting_at
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
    host that rests is not visited any sooner by it: it is told, and `crawler wake` ends that.
    """
    job, host = chosen["job"], chosen["host"]
    if urls and any(value for name, value in chosen.items() if name != "job"):
        raise UsageError("name URLs, or choose them by --host, --kind, --last-end or --since")
    if urls:
        act = partial(RetryUrl, job=job, dry=dry)
        return do_each(ledger, urls, act, "due again", beside=_resting, dry=dry, as_json_=as_json_)
    with opened_by(ledger, acts=not dry, write=not dry) as desk:
        due = changed(desk, Retry(wanted(**chosen, now=desk.now()), dry))
        rest = resting(waiting_at(desk, job, host), desk.now())
        return _tell_kinds(due, rest, desk.now(), dry=dry, as_json_=as_json_)


def _resting(desk: Desk, hosts: Sequence[str]) -> Iterable[str]:
    """Return what is to be said of the hosts of URLs that are due."""
    now = desk.now()
    return lines(resting(of_names(desk, hosts), now), now)


def _tell_kinds(
    found: "Counter[str]",
    rest: Sequence[HostState],
    now: Seconds,
    *,
    dry: bool,
    as_json_: bool,
) -> int:
    """Print how many URLs are due again, by kind, and which hosts rest nevertheless."""
    if as_json_:
        told = {"due": found.total(), "kinds": dict(found), "resting": document(rest, now)}
        click.echo(as_json(told, indent=2))
        return 0
    word = "would be" if dry else "is" if found.total() == 1 else "are"
    print_lines([f"{counted(found.total(), 'URL')} {word} due again{_kinds(found)}"])
    print_lines(lines(rest, now))
    return 0


def _kinds(found: "Counter[str]") -> str:
    named = [f"{kind or 'not at an end yet'} {n:,}" for kind, n in found.most_common()]
    return f": {', '.join(named)}" if named else ""
