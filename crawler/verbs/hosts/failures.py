"""`crawler failures`: the visits that failed, by host and cause, each with one example."""

from collections.abc import Iterator
from typing import Any

from crawler.frontier.hosts import FailureList, FailureSum
from crawler.model import Seconds
from crawler.verbs.words import ago, counted, span, stamp


def failure_lines(found: FailureList, now: Seconds, since: Seconds) -> Iterator[str]:
    """Yield two lines or three for each host and cause, the newest first."""
    if not found.rows:
        yield f"no visit has failed within the last {span(now - since)}"
        return
    for one in found.rows:
        yield f"{one.host}  {told(one, now)}; {how_it_is(one, now)}"
        if one.reason and status_of(one) is None:
            yield f"  {one.reason}"
        yield f"  {one.url}"
    if found.more > 0:
        yield f"{'at least ' if found.at_least else ''}{found.more:,} more; --limit shows them"


def told(one: FailureSum, now: Seconds) -> str:
    """Return a cause with how often and when: `connect refused, 14 times in 5 min, now`."""
    times = counted(one.times, "time")
    within = f" in {span(one.last_at - one.first_at)}" if one.last_at > one.first_at else ""
    return f"{one.cause}, {times}{within}, last {ago(one.last_at, now)}"


def how_it_is(one: FailureSum, now: Seconds) -> str:
    """Return how the host of a failure is by now."""
    if one.failing_since is not None:
        return f"failing for {span(max(0.0, now - one.failing_since))}"
    if one.well_at is None:
        return "never well"
    return f"well {ago(one.well_at, now)}"


def failure_document(found: FailureList) -> dict[str, Any]:
    """Return the JSON object of failures."""
    return {
        "failures": [failure(one) for one in found.rows],
        "more": found.more,
        "at_least": found.at_least,
    }


def status_of(one: FailureSum) -> int | None:
    """Return the HTTP status of a failure, if it is what tells its cause."""
    word = one.cause.partition(" ")[2]
    return int(word) if word.isdigit() else None


def failure(one: FailureSum) -> dict[str, Any]:
    """Return a failure for programs."""
    return {
        "host": one.host,
        "cause": one.cause,
        "kind": one.cause.partition(" ")[0],
        "status": status_of(one),
        "times": one.times,
        "first_at": stamp(one.first_at),
        "last_at": stamp(one.last_at),
        "url": one.url,
        "reason": one.reason,
        "failing_since": stamp(one.failing_since),
        "well_at": stamp(one.well_at),
    }
