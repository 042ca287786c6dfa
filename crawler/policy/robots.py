"""The rules of a robots.txt after RFC 9309, as they are for a product token. Pure.

protego decides which path a pattern covers. This module decides how much of a file is read (500
KiB, up to a line boundary, section 2.5), how it falls into lines, which group is for us (the
product token as a whole, section 2.2.1; protego also takes its beginning), and which line decided.
`robots_answer` judges the answers for such files.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote

from protego import Protego

from crawler.model import Seconds
from crawler.urls import split

MAX_BYTES = 500 * 1024 + 1
"""Bytes of a robots.txt that are fetched: one more than are read, so that a cut file shows."""
MAX_SHOWN = 200  # characters of a rule

_FIELD = re.compile(
    r"(?:(?P<user_agent>user[- ]?agent)|(?P<allow>allow)|(?P<crawl_delay>crawl[- ]delay)"
    r"|(?P<disallow>diss?all?ow|diasllow|disallaw)|(?P<sitemap>site-?maps?))(?:\s*:|\s+)",
    re.IGNORECASE,
)
"""Fields of a line; the misspellings are those that protego forgives."""
_TOKEN = re.compile(r"\*(?=\s|$)|[A-Za-z_-]*")
_STRANGE = re.compile(r"[^ -~]+")  # could end a line for protego, or for a reader of the log
_KEPT = re.compile(r"%(2f|25|2a)", re.IGNORECASE)


class _Line(NamedTuple):
    number: int
    field: str
    value: str


class Rules:
    """Rules of one robots.txt for one product token."""

    def __init__(self, text: str, token: str) -> None:
        lines = list(_lines(text))
        self.sitemaps = tuple(filter(None, _values(lines, "sitemap")))
        spelt = _spelt(lines, token)
        rules = [f"{line.field}: {line.value}" for _, line in spelt]
        self._protego = Protego.parse("\n".join(["user-agent: *", *rules]))
        refused = [pair for pair in spelt if pair[1].field == "disallow"]
        self._refused = sorted(refused, key=lambda pair: -len(pair[0]))
        self.crawl_delay: Seconds = self._protego.crawl_delay("*") or 0.0
        """Seconds between two visits that our group asks for; 0 if it does not."""

    def refusal(self, url: str) -> str | None:
        """Return the line that forbids a canonical URL, as `line N: Disallow: /x`, or None."""
        if not self._refused or self._protego.can_fetch(url, "*"):
            return None
        url_parts = split(url)
        if url_parts.path == "/robots.txt":
            return None
        target = _normal(url_parts.path + url_parts.query).replace("*", "%2A")
        found = (line for pattern, line in self._refused if _covers(pattern, target))
        line = next(found, None)
        return f"line {line.number}: Disallow: {line.value[:MAX_SHOWN]}" if line else "a rule"


def parse(body: bytes, token: str) -> Rules:
    """Read a robots.txt; a line with invalid bytes costs no other line (section 2.3.1.5)."""
    if len(body) >= MAX_BYTES:
        body = body[:MAX_BYTES]
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    return Rules(body.decode("utf-8", "replace"), token)


def _lines(text: str) -> Iterator[_Line]:
    """Yield the lines that say something; CR, LF and CRLF end one, and nothing else does."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(plain.split("\n"), 1):
        said = line.partition("#")[0].strip()
        if match := _FIELD.match(said):
            value = _STRANGE.sub(lambda one: quote(one.group()), said[match.end() :].strip())
            yield _Line(number, str(match.lastgroup).replace("_", "-"), value)


def _values(lines: Iterable[_Line], field: str) -> Iterator[str]:
    return (line.value for line in lines if line.field == field)


def _spelt(lines: Iterable[_Line], token: str) -> list[tuple[str, _Line]]:
    """Return the rules for a product token: every value in its one spelling, and its line."""
    lines = [line for line in lines if line.field != "sitemap"]
    ours = {token.lower()} & set(map(_agent, lines)) or {"*"}
    return [(_pattern(line.value), line) for line in _heard(lines, ours) if line.value]


def _agent(line: _Line) -> str:
    """Return the product token that a line names, in lower case; `*` stands for every agent."""
    match = _TOKEN.match(line.value) if line.field == "user-agent" else None
    return match.group().lower() if match else ""


def _heard(lines: Iterable[_Line], ours: set[str]) -> Iterator[_Line]:
    """Yield the rules of our groups; only a rule ends a group's list of agents (section 2.2.4).

    A Crawl-delay, which no standard knows, is for the agents right above it.
    """
    mine, asked, ruled, before = False, False, False, ""
    for line in lines:
        if line.field == "user-agent":
            named = _agent(line) in ours
            mine, ruled = named or (mine and not ruled), False
            asked = named or (asked and before == "user-agent")
        elif line.field == "crawl-delay":
            if asked:
                yield line
        else:
            ruled = True
            if mine:
                yield line
        before = line.field


def _pattern(value: str) -> str:
    """Return a value in its one spelling, with its `*` and the `$` at its end."""
    return _normal(value.removesuffix("$")) + ("$" if value.endswith("$") else "")


def _normal(text: str) -> str:
    """Return a path with every octet in its one spelling, as protego has it (section 2.2.2)."""
    kept = _KEPT.sub(lambda match: f"%25{match.group(1).upper()}", text)
    return quote(unquote(kept), safe="/%=*")


def _covers(pattern: str, target: str) -> bool:
    """Tell whether a pattern matches (section 2.2.3); protego takes a last `$` for itself, too."""
    if pattern.endswith("$") and _covers(pattern.replace("$", "%24"), target):
        return True
    first, *others = pattern.removesuffix("$").split("*")
    if not target.startswith(first):
        return False
    at = len(first)
    for piece in others:
        found = target.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if not pattern.endswith("$") or at == len(target):
        return True
    return bool(others) and target.endswith(others[-1])


def url_of(url: str) -> str:
    """Return the URL of the robots.txt that speaks for a canonical URL."""
    scheme, _, tail = url.partition("://")
    authority = tail.partition("/")[0]
    authority = authority.replace(".:", ":").removesuffix(".")  # the same host as without it
    return f"{scheme}://{authority}/robots.txt"
