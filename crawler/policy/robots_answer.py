"""Answers for robots.txt, and the rules that hold from then on (RFC 9309, section 2.3.1). Pure."""

import re
from dataclasses import replace
from random import Random

from crawler.model import DAY_S, Kind, Outcome, Seconds, Task
from crawler.policy.retry import KINDS
from crawler.records import Again, Done, Hop, Robots, Verdict
from crawler.urls import origin_of
from crawler.value import value

MAX_FRESH_S: Seconds = DAY_S
"""Longest time for which rules hold without being asked for again (section 2.4)."""
MIN_FRESH_S: Seconds = 60.0
"""Shortest such time, whatever Cache-Control says."""
ALLOWED_FOR_S: Seconds = 3600.0
"""How long `allowed` holds when the pages will fail in the same way as robots.txt did, and how long
they end unvisited of a host that is given up."""
ABSENT_AFTER_S: Seconds = 30 * DAY_S
"""After so long without an answer the file is taken as absent (section 2.3.1.4)."""
MAX_HOPS = 5
"""Redirects followed (section 2.3.1.2)."""
FIRST_RETRY_S: Seconds = 30.0
"""First wait for a server that gives no answer and names no time; it doubles."""
MIN_RETRY_S: Seconds = 1.0
"""Shortest first wait, whatever Retry-After says."""
MAX_RETRY_S: Seconds = 3600.0
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_FAILS_ALIKE = frozenset({Kind.BLOCKED, Kind.TLS})
"""Kinds with which the pages will fail like the file, and say so themselves."""
_SAYS_NOTHING = frozenset({304, 429})
"""Statuses that tell neither a file nor its absence: a 304 was not asked for, 429 says `later`."""


@value
class Judged:
    """Verdict on a visit to a robots.txt, and the record that it makes."""

    verdict: Verdict
    record: Robots | None
    """Record from now on; None after a hop."""


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
    max_backoff: Seconds = MAX_RETRY_S,
) -> Judged:
    """Judge the end of a visit to a robots.txt; `now` is wall time, `known` the record until now.

    A file, or its absence, holds for a day at most. Without an answer (5xx, 429, network errors)
    the host is left alone, unless the last copy is less than a day old. Without such a copy, where
    the pages will end like the file, as their host has no good TLS, let them do so; those of a host
    that is given up end unvisited.
    A host that is silent is asked again after `max_backoff` at the latest, as for its pages.
    """
    if outcome.kind is Kind.REDIRECTED and task.hops < MAX_HOPS:
        assert outcome.location is not None
        return Judged(Hop(outcome.location), None)
    if outcome.ours:
        return Judged(Again(now + random.uniform(1.0, 5.0), charged=False), known)
    origin = origin_of(task.url)
    if outcome.kind is Kind.STORED:
        return Judged(Done(), _file(origin, outcome.status, body, now, cache_control))
    if _absent(outcome):
        return Judged(Done(), _all_allowed(origin, outcome, now, MAX_FRESH_S))
    known = known or Robots(origin, None, None, 0.0, 0.0, 0.0)
    return _unfetched(task, known, outcome, now, random, max_backoff, given_up=given_up)


def allows_none(record: Robots) -> bool:
    """Tell whether a record is of a host that was given up before its rules were known."""
    since = record.failing_since
    return record.body is None and since is not None and record.fetched_at <= since


def keeps_away(record: Robots, now: Seconds) -> bool:
    """Tell whether a host is left alone: its robots.txt failed, and no copy of it holds."""
    return record.failures > 0 and (record.until <= now or allows_none(record))


def _file(
    origin: str, status: int | None, body: bytes | None, now: Seconds, cache_control: str
) -> Robots:
    """Return the record of a file; Cache-Control says when it is asked for again."""
    kept = min(MAX_FRESH_S, max(MIN_FRESH_S, _max_age(cache_control)))
    return Robots(origin, body or b"", status, now, now + MAX_FRESH_S, now + kept)


def _all_allowed(origin: str, outcome: Outcome, now: Seconds, kept: Seconds) -> Robots:
    """Return the record of an origin without a file, which is asked for again after `kept`."""
    until = now + kept
    return Robots(origin, None, outcome.status, now, until, until, reason=outcome.reason)


def _none_allowed(record: Robots, now: Seconds) -> Robots:
    """Return the record of a host that is given up; it may be well again when nobody looks."""
    until = now + ALLOWED_FOR_S
    return replace(record, body=None, until=until, refresh_at=until)


def _is_silent(outcome: Outcome) -> bool:
    return KINDS[outcome.kind].host == "silent"


def _absent(outcome: Outcome) -> bool:
    """Tell whether the answer says that there is none (section 2.3.1.3), or leads nowhere."""
    status = outcome.status or 0
    lost = outcome.kind in {Kind.REDIRECTED, Kind.REDIRECT_LIMIT}
    return lost or (300 <= status < 500 and status not in _SAYS_NOTHING)


def _unfetched(
    task: Task,
    known: Robots,
    outcome: Outcome,
    now: Seconds,
    random: Random,
    max_backoff: Seconds,
    *,
    given_up: bool,
) -> Judged:
    """Judge a visit without an answer: what it means for the pages of the same host, if it is."""
    judged = _unreachable(known, outcome, now, random, max_backoff)
    origin = origin_of(task.url)
    if known.until > now or origin_of(task.location) != origin:
        return judged
    if outcome.kind in _FAILS_ALIKE:
        return Judged(Done(), _all_allowed(origin, outcome, now, ALLOWED_FOR_S))
    if given_up and isinstance(judged.verdict, Again) and judged.record:
        return Judged(Done(), _none_allowed(judged.record, now))
    return judged


def _unreachable(
    known: Robots, outcome: Outcome, now: Seconds, random: Random, max_backoff: Seconds
) -> Judged:
    """Ask again after waits that double; the server says the first, or it is FIRST_RETRY_S."""
    since = _failing_since(known, now)
    first = min(FIRST_RETRY_S, max(MIN_RETRY_S, outcome.retry_after or FIRST_RETRY_S))
    doubled = first * 2.0 ** min(known.failures, 20)
    most = min(MAX_RETRY_S, max_backoff) if _is_silent(outcome) else MAX_RETRY_S
    wait = min(most, doubled) * random.uniform(1.0, 1.5)
    at, later = now + max(wait, outcome.retry_after or 0.0), now + MAX_FRESH_S
    record = replace(known, status=outcome.status, reason=outcome.reason, refresh_at=at)
    record = replace(record, failing_since=since, failures=known.failures + 1)
    if now - since < ABSENT_AFTER_S:
        return Judged(Again(at, charged=False), record)
    return Judged(Done(), replace(record, body=None, fetched_at=now, until=later, refresh_at=later))


def _failing_since(known: Robots, now: Seconds) -> Seconds:
    """Return since when it fails, without the time in which it was to be asked and nobody did."""
    if known.failing_since is None:
        return now
    unasked = max(0.0, now - known.refresh_at) if known.refresh_at else 0.0
    return min(now, known.failing_since + unasked)


def _max_age(cache_control: str) -> Seconds:
    """Return for how long Cache-Control lets an answer be kept (RFC 9111, section 5.2.2)."""
    if re.search(r"no-store|no-cache", cache_control, re.IGNORECASE):
        return 0.0
    match = _MAX_AGE.search(cache_control)
    return float(match.group(1)) if match else MAX_FRESH_S
