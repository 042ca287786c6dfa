"""URLs that an operator names one by one, and what came of each."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import indent
from typing import Any

import click

from crawler.errors import UsageError
from crawler.frontier import Desk, changed
from crawler.frontier.actions import ForgetUrl, RetryUrl, Single
from crawler.policy.masking import Mask
from crawler.urls import canonical, host_of
from crawler.verbs.answer import Answer
from crawler.verbs.commands.declaring import ENDED_BY_INT
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.urls.given import Bad, BetweenBatches, given, in_words, named_ones
from crawler.verbs.words import as_json, counted, print_lines

MAX_HOSTS = 20
"""Hosts of named URLs that are looked at."""

Beside = Callable[[Desk, Sequence[str]], Iterable[str]]


def do_each(
    ledger: Ledger, named: Sequence[str], action: Callable[[str], RetryUrl | ForgetUrl],
    done: str, *, dry: bool, as_json_: bool, beside: Beside = lambda *_: (),
) -> int:  # fmt: skip
    """Do an action for each URL as it comes; tell what came of it, and return the exit code.

    `beside` has lines to be printed after that, about the hosts of URLs that are due.

    Raises:
        UsageError: an argument is no URL, and nothing is done.
    """
    _check(named)
    bad, told = (
        Bad(ledger.mask),
        _Told(f"would be {done}" if dry else done, ledger.mask, as_json_=as_json_),
    )
    code = 0
    with opened_by(ledger, acts=not dry, write=not dry) as desk, BetweenBatches() as between:
        try:
            for urls in given(named, canonical, bad, between):
                for url in told.new(urls):
                    told.tell(url, changed(desk, action(url)))
                sys.stdout.flush()
        except KeyboardInterrupt:
            code = ENDED_BY_INT
        finally:
            told.end()
            bad.tell_rest()
        if not as_json_:
            print_lines(beside(desk, list(told.hosts)), ledger.mask)
    return code or (UsageError.exit_code if bad.number else told.code)


def did_each(
    ledger: Ledger, named: Sequence[str], action: Callable[[str], RetryUrl | ForgetUrl],
    done: str, *, dry: bool, beside: Beside = lambda *_: (),
) -> Answer:  # fmt: skip
    """Do the same for a few URLs, and return what came of them.

    Raises:
        UsageError: one is no URL, and nothing is done.
    """
    _check(named)
    told = _Told(f"would be {done}" if dry else done, ledger.mask, as_json_=True)
    with opened_by(ledger, acts=not dry, write=not dry) as desk:
        urls = dict.fromkeys(map(canonical, named))
        came = {url: changed(desk, action(url)) for url in urls}
        for url, one in came.items():
            told.note(url, one)
        lines = [f"{url}: {told.words(one)}" for url, one in came.items()]
        lines += [*told.sum_lines(), *beside(desk, list(told.hosts))]
    document = [_document(url, one) for url, one in came.items()]
    return Answer(lines, lambda: document, told.code)


def _check(named: Sequence[str]) -> None:
    """Check the arguments.

    Raises:
        UsageError: some are no URLs; these are named.
    """
    wrong = []
    for text in named_ones(named):
        try:
            canonical(text)
        except ValueError as error:
            wrong.append(in_words(text, error))
    if wrong:
        raise UsageError("\n".join([*wrong, "nothing was done"]))


class _Told:
    """Prints what came of each URL, and in all."""

    def __init__(self, done: str, mask: Mask, *, as_json_: bool) -> None:
        self._done = done
        self._mask = mask
        self._as_json = as_json_
        self._seen: set[int] = set()
        """Hashes of the URLs that came."""
        self._well = 0
        self.hosts: dict[str, None] = {}
        """Some of the hosts of URLs that are due now."""

    @property
    def code(self) -> int:
        """Return 1 if something was not done, else 0."""
        return int(self._well < len(self._seen))

    def new(self, urls: Iterable[str]) -> Iterator[str]:
        """Yield the URLs that did not come before."""
        for url in urls:
            if hash(url) not in self._seen:
                yield url

    def tell(self, url: str, came: "Counter[str]") -> None:
        """Print what came of a URL."""
        if self._as_json:
            one = as_json(_document(url, came), self._mask, indent=2)
            click.echo(("," if self._seen else "[") + "\n" + indent(one, "  "), nl=False)
        else:
            print_lines([f"{url}: {self.words(came)}"], self._mask)
        self.note(url, came)

    def words(self, came: "Counter[str]") -> str:
        """Return what came of a URL, for people."""
        return "; ".join(_words(came, self._done))

    def note(self, url: str, came: "Counter[str]") -> None:
        """Count what came of a URL."""
        self._seen.add(hash(url))
        self._well += Single.DONE in came
        if came.keys() & {Single.DONE, Single.DUE} and len(self.hosts) < MAX_HOSTS:
            self.hosts[host_of(url)] = None

    def end(self) -> None:
        """Print the end."""
        if self._as_json:
            click.echo("\n]" if self._seen else "[]")
        else:
            print_lines(self.sum_lines())

    def sum_lines(self) -> list[str]:
        """Return what came of all, unless it was a single one."""
        number = len(self._seen)
        if number == 1:
            return []
        words = f"{counted(self._well, 'URL')} of {number:,}: {self._done}"
        return [words if number else "no URL was given"]


def _document(url: str, came: "Counter[str]") -> dict[str, Any]:
    return {"url": url, "came": dict(came) or {"unknown": 1}}


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
