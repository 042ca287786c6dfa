"""What the ledger remembers of a host's pace, between processes. Pure.

A pace is on a monotonic clock, which every boot begins anew; `offset` leads from it to wall time.
"""

from crawler.model import DAY_S, Seconds
from crawler.policy.bans import MAX_REFUSED_PROBES, REFUSALS_TO_BAN, Refusals
from crawler.policy.http_dates import MAX_RETRY_AFTER_S
from crawler.policy.politeness import MAX_TURN_S, HostPace
from crawler.records import Health, Rest

_NO_REST = Rest()


def health_of(pace: HostPace, offset: Seconds) -> Health:
    """Return what is to be remembered of a host beside its rests."""
    since, refusals = pace.failing_since, pace.refusals
    failing = first = None
    if since is not None:
        failing, first = since + offset, pace.first_failed_at + offset
    return Health(
        backoff=pace.backoff,
        failures=pace.failures,
        failing_since=failing,
        silent=pace.silent,
        latency=round(pace.latency, 4),
        spent=pace.spent,
        day=round((pace.day_ends + offset) / DAY_S) - 1 if pace.day_ends else 0,
        refusals=refusals.number,
        refused_path=0 if refusals.several else refusals.path,
        refused_since=None if refusals.since is None else refusals.since + offset,
        well_at=None if pace.well_at is None else pace.well_at + offset,
        share=None if pace.share is None else round(pace.share, 4),
        first_failed_at=first,
        spacing=pace.spacing,
    )


def rest_of(pace: HostPace, offset: Seconds) -> Rest:
    """Return what a host is owed, reason by reason, in wall time."""
    times = (pace.answered_at, pace.failed_until, pace.put_off_until, pace.turn_at)
    return Rest(*(max(0.0, at + offset) for at in times))


def remember(
    pace: HostPace, health: Health, now: Seconds, offset: Seconds, rest: Rest = _NO_REST
) -> None:
    """Let a pace take up what is remembered of its host.

    A host fails for as long as it was asked: the time in which its rest was over and nobody asked
    does not count, be it that nobody ran or that the clock was set forward. A clock that was set
    back makes nothing older.
    """
    pace.answered_at, pace.failed_until = rest.answered_at - offset, rest.failed_until - offset
    pace.put_off_until = rest.put_off_until - offset
    pace.turn_at = max(pace.turn_at, rest.turn_at - offset)
    pace.backoff, pace.failures, pace.silent = health.backoff, health.failures, health.silent
    pace.latency, pace.put_off = health.latency, health.failures if health.latency else None
    pace.share, pace.spacing = health.share, health.spacing
    pace.well_at = None if health.well_at is None else min(now, health.well_at - offset)
    unasked = rest.unasked(now + offset)
    if health.refused_since is not None:
        since = min(now, health.refused_since - offset + unasked)
        pace.refusals = _refusals(health, since, pace.limits.refusals_to_ban)
    if health.failing_since is not None:
        pace.failing_since = min(now, health.failing_since - offset + unasked)
        first = health.failing_since if health.first_failed_at is None else health.first_failed_at
        pace.first_failed_at = min(now, first - offset)
    today = int((now + offset) // DAY_S)
    pace.day_ends = (today + 1) * DAY_S - offset
    pace.spent = health.spent if health.day >= today else 0
    pace.derive()
    clamp(pace, now)


def _refusals(health: Health, since: Seconds, limit: int) -> Refusals:
    number, path = health.refusals, health.refused_path
    if limit != REFUSALS_TO_BAN:  # it may have been another: then a probe is to decide
        number = min(number, limit + MAX_REFUSED_PROBES - 1)
    return Refusals(number, path, not path, since, limit)


def clamp(pace: HostPace, now: Seconds) -> None:
    """Let nothing last longer than its own rule allows from `now`, under the limits of today.

    A limit may have been lowered since, or the clock that the times are of was ahead.
    """
    pace.answered_at = min(pace.answered_at, now)
    pace.failed_until = min(pace.failed_until, now + pace.limits.max_backoff)
    pace.put_off_until = min(pace.put_off_until, now + MAX_RETRY_AFTER_S)
    pace.turn_at = min(pace.turn_at, now + MAX_TURN_S)
