"""What of a request is a credential, and which origins may see a job's credentials. Pure.

They belong to the origins that the configuration itself names. What a list or a sitemap names is
somebody else's word, and gets none.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile

from crawler.policy import globbing
from crawler.urls import canonical, host_of, origin_of

MAX_ORIGINS = 2000
"""Origins that the URLs of a job may name; where they name more, only `auth.hosts` can tell."""
_AUTHORITY = re.compile(r"[^:]*:[/\\]*[^/\\?#]+(?=[/\\?#])")
"""A URL as far as its authority, where that has ended (WHATWG URL standard, authority state)."""
_GLOB = re.compile(r"[\\{\[]")

_BEGINNING = 8
"""Characters of a secret by which it is recognized."""
_LEAST = 4
"""Characters of the shortest secret that is looked for: a shorter one is in every text."""
_ORDINARY = frozenset({
    "accept", "accept-charset", "accept-language", "cache-control", "content-type", "dnt", "from",
    "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "origin",
    "pragma", "priority", "range", "referer", "save-data", "te", "upgrade-insecure-requests",
    "user-agent", "via", "x-requested-with",
})  # fmt: skip
_ORDINARY_PREFIX = "sec-"

_Started = tuple[str, dict[int, str]]
"""The beginning of a URL, and the values of the globs in it."""


class Origins:
    """The origins of a job's credentials: of the URLs in its configuration, or of given hosts.

    `urls` are patterns with globs, `lists` the URLs of lists; with `hosts` (name, name:port, *.name
    or *) these alone count.
    """

    def __init__(
        self, urls: Iterable[str], lists: Iterable[str] = (), hosts: Iterable[str] | None = None
    ) -> None:
        self._hosts = None if hosts is None else frozenset(hosts)
        self._named = frozenset[str]() if hosts is not None else _named(urls, lists)

    def __len__(self) -> int:
        return len(self._named if self._hosts is None else self._hosts)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._named if self._hosts is None else self._hosts))

    def may_see(self, url: str, location: str) -> bool:
        """Tell whether a visit to a location may carry credentials; `url` is what was listed.

        A redirect to another origin carries them only to a host that was given, and never out of
        TLS.
        """
        home = url == location or origin_of(url) == origin_of(location)
        if self._hosts is None:
            return home and bool(self._named) and origin_of(url) in self._named
        if not home and url.startswith("https:") and not location.startswith("https:"):
            return False
        return not self._hosts.isdisjoint(host_patterns(host_of(location)))


def is_ordinary(header: str) -> bool:
    """Tell a request header that every listed URL gets from one that may be a credential.

    What is not known as ordinary is taken for a credential: a key may have any name.
    """
    name = header.lower()
    return name in _ORDINARY or name.startswith(_ORDINARY_PREFIX)


def without_echo(text: str, secrets: Iterable[str]) -> str:
    """Return words of a peer without the secrets that it was told, whole or cut off."""
    for secret in secrets:
        at = text.find(secret[:_BEGINNING]) if len(secret) >= _LEAST else -1
        while at >= 0:
            alike = takewhile(lambda pair: pair[0] == pair[1], zip(text[at:], secret, strict=False))
            text = f"{text[:at]}***{text[at + sum(1 for _ in alike) :]}"
            at = text.find(secret[:_BEGINNING], at + 3)
    return text


def host_patterns(key: str) -> list[str]:
    """Return the patterns that match a host, first name:port, then name, *.name and *."""
    name = key.rpartition(":")[0]
    labels = name.split(".")
    parents = ["*." + ".".join(labels[at:]) for at in range(1, len(labels))]
    return [key, name, *parents, "*"]


def _named(urls: Iterable[str], lists: Iterable[str]) -> frozenset[str]:
    """Return the origins of patterns and of URLs; none at all where there are too many."""
    found = set[str]()
    try:
        for text in dict.fromkeys(_beginnings((*urls, *lists))):
            found.update(_origins(text))
            _check_number(len(found))
    except OverflowError:
        return frozenset()
    return frozenset(found)


def _beginnings(texts: Iterable[str]) -> Iterator[str]:
    """Yield what is needed of each text; many URLs of one origin are looked at once."""
    for text in texts:
        match = None if _GLOB.search(text) else _AUTHORITY.match(text)
        yield f"{match.group()}/" if match else text


def _origins(text: str) -> Iterator[str]:
    pattern = globbing.parse(text) if _GLOB.search(text) else globbing.Pattern((), (text,))
    for beginning in _authorities(pattern):
        try:
            yield origin_of(canonical(beginning))
        except ValueError:  # a line that its list tells as bad
            continue


def _authorities(pattern: globbing.Pattern) -> Iterator[str]:
    """Yield the URLs of a pattern as far as their authorities.

    Raises:
        OverflowError: there are too many.
    """
    found = 0
    started: list[_Started] = [("", {})]
    for part in (*pattern.parts, "/"):
        goes_on: list[_Started] = []
        for text, bound in _grown(started, part, pattern.globs):
            if match := _AUTHORITY.match(text):
                found += 1
                yield f"{match.group()}/"
            else:
                goes_on.append((text, bound))
            _check_number(found + len(goes_on))
        started = goes_on


def _check_number(origins: int) -> None:
    if origins > MAX_ORIGINS:
        raise OverflowError


def _grown(
    started: list[_Started], part: str | int, globs: tuple[globbing.Glob, ...]
) -> Iterator[_Started]:
    """Yield every beginning with every value of the part that follows it."""
    for text, bound in started:
        if isinstance(part, str):
            yield text + part, bound
            continue
        for value in [bound[part]] if part in bound else globs[part]:
            yield text + value, {**bound, part: value}
