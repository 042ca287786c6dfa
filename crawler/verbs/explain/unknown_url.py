"""The account that `explain` gives of a URL that no job knows, with known URLs near it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from crawler.frontier import STATES, Entry, HostState, UnknownUrl
from crawler.model import Seconds
from crawler.urls import canonical, host_of
from crawler.value import value
from crawler.verbs.explain.decision import Decision, decision
from crawler.verbs.explain.left_out import LeftOut, left_out
from crawler.verbs.ledger import Ledger
from crawler.verbs.words import counted


@value
class Unknown:
    """A URL that no job knows, with known URLs near it, and its host."""

    url: str
    near: Sequence[Entry]
    """The same URL in another spelling that the ledger does know."""
    host: HostState | None
    waiting: int
    """URLs of the host that wait."""
    decision: Decision
    left_out: Sequence[LeftOut] = ()
    """The jobs whose filters leave it out."""


def unknown(found: UnknownUrl, ledger: Ledger, url: str, now: Seconds) -> Unknown:
    """Return what is known around a URL that no job knows."""
    said = decision(ledger, url, found.robots)
    filtered = left_out(ledger, url, now)
    return Unknown(url, found.near, found.host, found.waiting, said, filtered)


def spellings(url: str) -> list[str]:
    """Return other spellings of a URL: http and https, with and without www, slash, query."""
    scheme, _, tail = url.partition("://")
    name, slash, tail = tail.partition("/")
    path, mark, query = (slash + tail).partition("?")
    www = name.removeprefix("www.") if name.startswith("www.") else f"www.{name}"
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    found = []
    for start in (
        f"{s}://{n}" for s in dict.fromkeys((scheme, "http", "https")) for n in (name, www)
    ):
        for end in (path + mark + query, other + mark + query, path):
            with suppress(ValueError):  # www. before an address
                found.append(canonical(start + end))
    return [one for one in dict.fromkeys(found) if one != url]


def unknown_lines(found: Unknown, now: Seconds) -> Iterator[str]:
    """Yield the lines about a URL that no job knows."""
    yield "no job knows it"
    for entry in found.near:
        yield f"  but {entry.job} knows {entry.url} ({STATES[entry.state]})"
    for job, why in found.left_out:
        yield f"  {job} leaves it out by its filter: {why}"
    if found.host is None:
        yield f"  its host {host_of(found.url)} is not known either"
    else:
        waiting = counted(found.waiting, "URL")
        yield f"  its host {found.host.key} is known; {waiting} of it wait"
    yield f"  robots.txt: {found.decision.in_words(now)}"


def unknown_document(found: Unknown) -> dict[str, Any]:
    """Return the fields of the JSON object about it."""
    return {
        "near": [{"url": entry.url, "job": entry.job} for entry in found.near],
        "host": {"key": found.host.key, "waiting": found.waiting} if found.host else None,
        "robots": found.decision.document(),
        "left_out": [one.document() for one in found.left_out],
    }
