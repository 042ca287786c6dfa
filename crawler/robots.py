"""robots.txt after RFC 9309: what a file allows, and what an answer for it means. Pure.

The rules themselves are protego's. Ours is what surrounds them: how much of a file is read (500
KiB, up to a line boundary, section 2.5), what its lines are, whose group is ours (the product token
as a whole, section 2.2.1; protego also takes its beginning), which line decided, and what becomes
of the rules when the file cannot be had (section 2.3.1).
"""

import re
from dataclasses import dataclass, replace
from random import Random
from urllib.parse import quote, unquote_to_bytes

from protego import Protego

from crawler.model import Again, Done, Hop, Kind, Outcome, Robots, Seconds, Task, Verdict
from crawler.urls import split

LIMIT = 500 * 1024
"""Bytes of a robots.txt that are read."""
FRESH: Seconds = 86_400.0
"""Longest time for which rules are taken as they are (section 2.4)."""
LEAST: Seconds = 60.0
"""Shortest such time, whatever Cache-Control says."""
SHORT: Seconds = 3600.0
"""How long `allowed` holds when the pages will fail in the same way as robots.txt did."""
SILENCE: Seconds = 30 * 86_400.0
"""After so long without an answer the file is taken as absent (section 2.3.1.4)."""
MAX_HOPS = 5
"""Redirects followed (section 2.3.1.2)."""
RETRY: Seconds = 30.0
MAX_RETRY: Seconds = 3600.0

_AGENT = re.compile(r"\s*user[- ]?agent\s*[: \t]\s*([^#]*)", re.IGNORECASE)
_RULE = re.compile(
    r"\s*(allow|disallow|dissallow|dissalow|disalow|diasllow|disallaw)\s*:\s*([^#]*)", re.IGNORECASE
)
_OTHER = re.compile(r"\s*(?!sitemaps?\s*:|site-map\s*:|crawl-delay\s*:)[^:#]*:", re.IGNORECASE)
"""A line of a field that nobody knows; it neither says anything nor ends a group."""
_TOKEN = re.compile(r"[A-Za-z_-]+")
_MAX_AGE = re.compile(r"(?:^|[,\s])(?:max-age|s-maxage)\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_SAME = frozenset({Kind.BLOCKED, Kind.TLS})
"""Kinds with which the pages will fail like the file, and say so themselves."""
_NOBODY = "-"


class Rules:
    """What one robots.txt says to one product token."""

    def __init__(self, text: str, token: str) -> None:
        lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        ours = {token.lower()} & set(map(_agent, lines)) or {"*"}
        kept, self._lines = _grouped(lines, token, ours)
        self._token = token
        self._protego = Protego.parse("\n".join(kept))
        delay = self._protego.crawl_delay(token)
        self.crawl_delay: Seconds = delay or 0.0
        """Seconds between two visits that our group asks for; 0 if it does not."""
        self.sitemaps: tuple[str, ...] = tuple(self._protego.sitemaps)

    def refusal(self, url: str) -> str | None:
        """Return the line that forbids a canonical URL, as `line N: Disallow: /x`, or None."""
        if split(url).path == "/robots.txt" or self._protego.can_fetch(url, self._token):
            return None
        place = split(url)
        target = _normal(place.path + place.query)
        found = [
            (len(_normal(pattern)), number, pattern)
            for number, pattern in self._lines
            if _covers(_normal(pattern), target)
        ]
        if not found:
            return "a rule"
        _, number, pattern = max(found, key=lambda one: (one[0], -one[1]))
        return f"line {number}: Disallow: {pattern}"


def parse(body: bytes, token: str) -> Rules:
    """Read a robots.txt; invalid bytes survive in its other lines."""
    if len(body) > LIMIT:
        body = body[:LIMIT]
        end = max(body.rfind(b"\n"), body.rfind(b"\r"))
        body = body[: end + 1]
    return Rules(body.decode("utf-8", "replace"), token)


def _agent(line: str) -> str | None:
    """Return the product token that a line names, in lower case; `*` is everybody."""
    match = _AGENT.match(line)
    if not match:
        return None
    value = match.group(1).strip()
    token = _TOKEN.match(value)
    return "*" if value == "*" else token.group().lower() if token else _NOBODY


def _grouped(
    lines: list[str], token: str, ours: set[str]
) -> tuple[list[str], list[tuple[int, str]]]:
    """Return the lines with agents reduced to ours and others, and our Disallow lines by number."""
    kept, rules = [], []
    mine = heading = False
    for number, line in enumerate(lines, 1):
        agent = _agent(line)
        if agent is not None:
            mine = agent in ours or (heading and mine)
            heading = True
            kept.append(f"user-agent: {token if agent in ours else _NOBODY}")
            continue
        rule = _RULE.match(line)
        heading = heading and not rule
        kept.append(line if rule or not _OTHER.match(line) else "")
        if rule and mine and rule.group(1).lower() != "allow" and rule.group(2).strip():
            rules.append((number, rule.group(2).strip()))
    return kept, rules


def _normal(text: str) -> str:
    """Return a path with every octet in its one spelling (section 2.2.2)."""
    return quote(unquote_to_bytes(text), safe="/*$?&=;:@!'(),+~%")


def _covers(pattern: str, target: str) -> bool:
    """Tell whether a pattern with `*` and `$` matches from the beginning of a path."""
    anchored = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not target.startswith(first):
        return False
    at = len(first)
    for piece in rest:
        found = target.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if not anchored:
        return True
    return at == len(target) or (bool(rest) and target.endswith(rest[-1]))


def origin_of(url: str) -> str:
    """Return scheme://name:port of a canonical URL: what a robots.txt speaks for."""
    place = split(url)
    return f"{place.scheme}://{place.host}"


def url_of(url: str) -> str:
    """Return the URL of the robots.txt that speaks for a canonical URL."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/robots.txt"


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
    the host is left alone, unless the last copy is less than a day old. Where the host is given up
    its URLs end without a visit, so there is nothing to ask for.
    """
    if outcome.kind is Kind.REDIRECTED and task.hops < MAX_HOPS:
        assert outcome.location is not None
        return Judged(Hop(outcome.location), None)
    if outcome.ours:
        return Judged(Again(now + random.uniform(1.0, 5.0), charged=False), known)
    origin = origin_of(task.url)
    fresh = Robots(
        origin, None, outcome.status, now, now + FRESH, now + FRESH, reason=outcome.reason
    )
    if outcome.kind is Kind.STORED:
        kept = min(FRESH, max(LEAST, _max_age(cache_control)))
        return Judged(Done(), replace(fresh, body=body or b"", refresh_at=now + kept, reason=""))
    if outcome.kind in _SAME:
        return Judged(Done(), replace(fresh, until=now + SHORT, refresh_at=now + SHORT))
    if _absent(outcome) or given_up:
        return Judged(Done(), fresh)
    return _unreachable(known or Robots(origin, None, None, 0.0, 0.0, 0.0), outcome, now, random)


def _absent(outcome: Outcome) -> bool:
    """Tell whether the answer says that there is none (section 2.3.1.3), or leads nowhere."""
    status = outcome.status or 0
    lost = outcome.kind in {Kind.REDIRECTED, Kind.REDIRECT_LIMIT}
    return lost or (300 <= status < 500 and status != 429)


def _unreachable(known: Robots, outcome: Outcome, now: Seconds, random: Random) -> Judged:
    since = known.failing_since if known.failing_since is not None else now
    failures = known.failures + 1
    wait = min(MAX_RETRY, RETRY * 2.0 ** min(failures - 1, 20)) * random.uniform(1.0, 1.5)
    at = now + max(wait, outcome.retry_after or 0.0)
    record = replace(
        known,
        status=outcome.status,
        refresh_at=at,
        failing_since=since,
        failures=failures,
        reason=outcome.reason,
    )
    if now - since >= SILENCE:
        absent = replace(record, body=None, fetched_at=now, until=now + FRESH)
        return Judged(Done(), replace(absent, refresh_at=now + FRESH))
    return Judged(Again(at, charged=False), record)


def _max_age(cache_control: str) -> Seconds:
    """Return for how long Cache-Control lets an answer be kept (RFC 9111, section 5.2.2)."""
    if re.search(r"no-store|no-cache", cache_control, re.IGNORECASE):
        return 0.0
    match = _MAX_AGE.search(cache_control)
    return float(match.group(1)) if match else FRESH
