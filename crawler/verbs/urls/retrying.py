"""`crawler retry`: URLs are due again, and begin anew."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from crawler.errors import UsageError
from crawler.frontier import Desk, Retry, changed
from crawler.frontier.actions import RetryUrl
from crawler.verbs.answer import Answer, tell
from crawler.verbs.choice import wanted
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.urls.resting import document, lines, of_names, resting, waiting_at
from crawler.verbs.urls.single import did_each, do_each
from crawler.verbs.words import counted

DONE = "due again"
"""What a URL is afterwards, in words."""


def retry(ledger: Ledger, *, urls: Sequence[str], dry: bool, **chosen: Any) -> Answer:
    """Make a few URLs that are named due, or those of a choice.

    Raises:
        UsageError: both are given, one is no URL, or a job or a host is not known.
    """
    _check(urls, chosen)
    if urls:
        act = partial(RetryUrl, job=chosen["job"], dry=dry)
        return did_each(ledger, urls, act, DONE, beside=_resting, dry=dry)
    with opened_by(ledger, acts=not dry, write=not dry) as desk:
        due = changed(desk, Retry(wanted(**chosen, now=desk.now()), dry))
        now = desk.now()
        rest = resting(waiting_at(desk, chosen["job"], chosen["host"]), now)
    told = {"due": due.total(), "kinds": dict(due), "resting": document(rest, now)}
    word = "would be" if dry else "is" if due.total() == 1 else "are"
    said = f"{counted(due.total(), 'URL')} {word} due again{_kinds(due)}"
    return Answer([said, *lines(rest, now)], lambda: told)


def retry_typed(
    ledger: Ledger, *, urls: tuple[str, ...], dry: bool, as_json_: bool, **chosen: Any
) -> int:
    """Do what `crawler retry` says; its options are in `crawler/verbs/commands/`."""
    _check(urls, chosen)
    if urls:
        act = partial(RetryUrl, job=chosen["job"], dry=dry)
        return do_each(ledger, urls, act, DONE, beside=_resting, dry=dry, as_json_=as_json_)
    answer = retry(ledger, urls=(), dry=dry, **chosen)
    tell(answer, ledger.mask, as_json_=as_json_)
    return answer.code


def _check(urls: Sequence[str], chosen: dict[str, Any]) -> None:
    if urls and any(value for name, value in chosen.items() if name != "job"):
        raise UsageError("name URLs, or choose them by --host, --kind, --last-end or --since")


def _resting(desk: Desk, hosts: Sequence[str]) -> Iterable[str]:
    """Return what is to be said of the hosts of URLs that are due."""
    now = desk.now()
    return lines(resting(of_names(desk, hosts), now), now)


def _kinds(found: "Counter[str]") -> str:
    named = [f"{kind or 'not at an end yet'} {n:,}" for kind, n in found.most_common()]
    return f": {', '.join(named)}" if named else ""
