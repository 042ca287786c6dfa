"""URLs that an operator names one by one, and what came of each."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import click

from crawler.errors import UsageError
from crawler.frontier import Desk, changed
from crawler.frontier.actions import ForgetUrl, RetryUrl, Single
from crawler.policy.masking import Mask, masked_line
from crawler.urls import canonical
from crawler.verbs.words import as_json, counted, print_lines

STANDARD_INPUT = "-"


def lines_of(named: Iterable[str]) -> Iterator[str]:
    """Yield the named URLs; `-` stands for the lines of standard input."""
    for one in named:
        if one == STANDARD_INPUT:
            yield from filter(None, (line.strip() for line in sys.stdin))
        else:
            yield one


def canonical_urls(named: Iterable[str]) -> list[str]:
    """Return the canonical spellings.

    Raises:
        UsageError: some are no URLs; all of these are named.
    """
    found, bad = [], []
    for text in lines_of(named):
        try:
            found.append(canonical(text))
        except ValueError as error:
            bad.append(f"{masked_line(text)!r}: {error}")
    if bad:
        raise UsageError("\n".join([*bad, "nothing was done"]))
    return list(dict.fromkeys(found))


def act(
    desk: Desk, urls: Sequence[str], action: Callable[[str], RetryUrl | ForgetUrl]
) -> dict[str, "Counter[str]"]:
    """Do an action for each URL; return what came of each, by job."""
    return {url: changed(desk, action(url)) for url in urls}


def tell(came: dict[str, "Counter[str]"], done: str, mask: Mask, *, as_json_: bool) -> int:
    """Print what came of each URL and in all; return 1 if something was not done."""
    if as_json_:
        told = [{"url": url, "came": dict(found) or {"unknown": 1}} for url, found in came.items()]
        click.echo(as_json(told, mask, indent=2))
    else:
        lines = (f"{url}: {'; '.join(_words(found, done))}" for url, found in came.items())
        print_lines(lines, mask)
    number = sum(Single.DONE in found for found in came.values())
    if not as_json_ and len(came) > 1:
        print_lines([f"{counted(number, 'URL')} of {len(came):,}: {done}"])
    return int(number < len(came))


def _words(found: "Counter[str]", done: str) -> Iterator[str]:
    if not found:
        yield "no job knows it; `crawler explain URL` has what is near it"
    for word, jobs in found.items():
        where = f" ({counted(jobs, 'job')})" if jobs > 1 else ""
        yield (done if word == Single.DONE else _CAME[Single(word)]) + where


_CAME = {
    Single.DUE: "it is due already; `crawler explain URL` says what it waits for",
    Single.VISITED: "it is being visited just now; say it again when that is over",
    Single.RETIRED: "no list names it any more; `crawler add` makes it known again",
    Single.LISTED: "a list still names it; take it off there first",
    Single.GONE: "the configuration no longer has its job",
}
