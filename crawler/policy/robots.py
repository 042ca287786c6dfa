"""robots.txt after RFC 9309: what a file allows, and what an answer for it means. Pure.

Which path a pattern covers is protego's to say. Ours is what surrounds that: how much of a file is
heard (500 KiB, up to a line boundary, section 2.5), what its lines are, whose group is ours (the
product token as a whole, section 2.2.1; protego also takes its beginning), which line decided, and
what becomes of the rules when the file cannot be had (section 2.3.1).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple
from urllib.parse import quote, unquote

from protego import Protego

from crawler.model import DAY_S, Kind, Outcome, Seconds, Task
from crawler.records import Again, Done, Hop, Robots, Verdict
from crawler.urls import origin_of, split

MAX_BYTES = 500 * 1024 + 1
"""Bytes of a robots.txt that are read: one more than are heard, to know a cut file from a whole."""
MAX_FRESH_S: Seconds = DAY_S
"""Longest time for which rules are taken as they are (section 2.4)."""
MIN_FRESH_S: Seconds = 60.0
"""Shortest such time, whatever Cache-Control says."""
ALLOWED_FOR_S: Seconds = 3600.0
"""How long `allowed` holds when the pages will fail in the same way as robots.txt did."""
ABSENT_AFTER_S: Seconds = 30 * DAY_S
"""After so long without an answer the file is taken as absent (section 2.3.1.4)."""
MAX_HOPS = 5
"""Redirects followed (section 2.3.1.2)."""
FIRST_RETRY_S: Seconds = 30.0
"""First wait for a server that gives no answer and names no time; it doubles."""
MIN_RETRY_S: Seconds = 1.0
"""Shortest first wait, whatever Retry-After says."""
MAX_RETRY_S: Seconds = 3600.0
MAX_SHOWN = 200  # characters of a rule

_FIELD = re.compile(
    r"(?:(?P<user_agent>user[- ]?agent)|(?P<allow>allow)|(?P<crawl_delay>crawl[- ]delay)"
    r"|(?P<disallow>diss?all?ow|diasllow|disallaw)|(?P<sitemap>site-?maps?))(?:\s*:|\s+)",
    re.IGNORECASE,
)
"""What a line can say; the slips of the pen are those that protego forgives."""
_TOKEN = re.compile(r"\*(?=\s|$)|[A-Za-z_-]*")
_STRANGE = re.compile(r"[^ -~]+")  # what could end a line for protego, or a log's reader
_KEPT = re.compile(r"%(2f|25|2a)", re.IGNORECASE)
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_FAILS_ALIKE = frozenset({Kind.BLOCKED, Kind.TLS})
"""Kinds with which the pages will fail like the file, and say so themselves."""
_SAYS_NOTHING = frozenset({304, 429})
"""Statuses that tell neither a file nor its absence: nobody asked for 304, 429 says `later`."""


class _Line(NamedTuple):
    number: int
    field: str
    value: str


class Rules:
    """What one robots.txt says to one product token."""

    def __init__(self, text: str, token: str) -> None:
        said = list(_lines(text))
        self.sitemaps = tuple(line.value for line in said if line.field == "sitemap" and line.value)
        lines = [line for line in said if line.field != "sitemap"]
        ours = {token.lower()} & set(map(_agent, lines)) or {"*"}
        spelt = [(_pattern(line.value), line) for line in _heard(lines, ours) if line.value]
        lines_heard = [f"{line.field}: {line.value}" for _, line in spelt]
        self._protego = Protego.parse("\n".join(["user-agent: *", *lines_heard]))
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


def _agent(line: _Line) -> str:
    """Return the product token that a line names, in lower case; `*` is everybody."""
    match = _TOKEN.match(line.value) if line.field == "user-agent" else None
    return match.group().lower() if match else ""


def _heard(lines: Iterable[_Line], ours: set[str]) -> Iterator[_Line]:
    """Yield what our groups say; only a rule ends a group's list of agents (section 2.2.4).

    A Crawl-delay, which no standard knows, is for the agents right above it.
    """
    mine, asked, before = False, False, ""
    for line in lines:
        if line.field == "user-agent":
            named = _agent(line) in ours
            mine = named or (mine and before in {"user-agent", "crawl-delay"})
            asked = named or (asked and before == "user-agent")
        elif asked if line.field == "crawl-delay" else mine:
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
    at = len(first) if target.startswith(first) else -1
    for piece in others:
        found = target.find(piece, at) if at >= 0 else -1
        at = found + len(piece) if found >= 0 else -1
    ends = at == len(target) or (bool(others) and target.endswith(others[-1]))
    return at >= 0 and (ends or not pattern.endswith("$"))


def url_of(url: str) -> str:
    """Return the URL of the robots.txt that speaks for a canonical URL."""
    scheme, _, tail = url.partition("://")
    return f"{scheme}://{tail.partition('/')[0]}/robots.txt"


@dataclass(frozen=True, slots=True)
class Judged:
    """What an answer for robots.txt comes to."""

    verdict: Verdict
    record: Robots | None
    """What is known from now on; None after a hop."""


def judge(
    task: Task,
    outcome: Outcome,
    body: bytes | None,
    known: Robots | None,
    *,
    now: Seconds,
    random: Random,
    cache_control: str = "",
    given_up: bool = False,
) -> Judged:
    """Read the end of a visit to a robots.txt; `now` is wall time, `known` what was known before.

    A file, or its absence, holds for a day at most. Without an answer (5xx, 429, network errors)
    the host is left alone, unless the last copy is less than a day old. Without such a copy, where
    the pages will end like the file, as their host is given up or has no good TLS, let them do so.
    """
    if outcome.kind is Kind.REDIRECTED and task.hops < MAX_HOPS:
        assert outcome.location is not None
        return Judged(Hop(outcome.location), None)
    if outcome.ours:
        return Judged(Again(now + random.uniform(1.0, 5.0), charged=False), known)
    origin, tomorrow = origin_of(task.url), now + MAX_FRESH_S
    fresh = Robots(origin, None, outcome.status, now, tomorrow, tomorrow, reason=outcome.reason)
    if outcome.kind is Kind.STORED:
        kept = min(MAX_FRESH_S, max(MIN_FRESH_S, _max_age(cache_control)))
        return Judged(Done(), replace(fresh, body=body or b"", refresh_at=now + kept, reason=""))
    if _absent(outcome):
        return Judged(Done(), fresh)
    same = (given_up or outcome.kind in _FAILS_ALIKE) and origin_of(task.location) == origin
    if same and not (known and known.until > now):
        return Judged(
            Done(), replace(fresh, until=now + ALLOWED_FOR_S, refresh_at=now + ALLOWED_FOR_S)
        )
    return _unreachable(known or Robots(origin, None, None, 0.0, 0.0, 0.0), outcome, now, random)


def _absent(outcome: Outcome) -> bool:
    """Tell whether the answer says that there is none (section 2.3.1.3), or leads nowhere."""
    status = outcome.status or 0
    lost = outcome.kind in {Kind.REDIRECTED, Kind.REDIRECT_LIMIT}
    return lost or (300 <= status < 500 and status not in _SAYS_NOTHING)


def _unreachable(known: Robots, outcome: Outcome, now: Seconds, random: Random) -> Judged:
    """Ask again after waits that double; the first is what the server says, or FIRST_RETRY_S."""
    since = now if known.failing_since is None else known.failing_since
    first = min(FIRST_RETRY_S, max(MIN_RETRY_S, outcome.retry_after or FIRST_RETRY_S))
    wait = min(MAX_RETRY_S, first * 2.0 ** min(known.failures, 20)) * random.uniform(1.0, 1.5)
    at, later = now + max(wait, outcome.retry_after or 0.0), now + MAX_FRESH_S
    record = replace(known, status=outcome.status, reason=outcome.reason, refresh_at=at)
    record = replace(record, failing_since=since, failures=known.failures + 1)
    if now - since < ABSENT_AFTER_S:
        return Judged(Again(at, charged=False), record)
    return Judged(Done(), replace(record, body=None, fetched_at=now, until=later, refresh_at=later))


def _max_age(cache_control: str) -> Seconds:
    """Return for how long Cache-Control lets an answer be kept (RFC 9111, section 5.2.2)."""
    if re.search(r"no-store|no-cache", cache_control, re.IGNORECASE):
        return 0.0
    match = _MAX_AGE.search(cache_control)
    return float(match.group(1)) if match else MAX_FRESH_S
