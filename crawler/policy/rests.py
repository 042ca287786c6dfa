"""Why a host rests, and until when: one answer for the feeder, the log and the verbs. Pure."""

from enum import StrEnum
from typing import NamedTuple

from crawler.model import Seconds
from crawler.policy.politeness import HostPace


class Why(StrEnum):
    """The reason for which a host is not visited before a time."""

    READY = "ready"
    HOURS = "hours"
    BUDGET = "budget"
    RETRY_AFTER = "retry_after"
    FAILURES = "failures"
    BANNED = "banned"
    ADDRESS = "address"
    CRAWL_DELAY = "crawl_delay"
    BACKOFF = "backoff"
    DELAY = "delay"


class NextVisit(NamedTuple):
    """When a host may be visited next, and what it rests for until then."""

    at: Seconds
    why: Why


def next_visit(pace: HostPace, now: Seconds) -> NextVisit:
    """Derive the next time of a host from all that it is owed; the reason is what lasts longest.

    The pace has the limits of today and is clamped by them (`remembered.clamp`); its times and
    `now` are of one clock.
    """
    at, why = max(_reasons(pace), key=lambda reason: reason.at)
    return NextVisit(at, why) if at > now else NextVisit(now, Why.READY)


def _reasons(pace: HostPace) -> tuple[NextVisit, ...]:
    """Return every reason with its time; of equal ones the first counts."""
    return (
        NextVisit(pace.hours_at, Why.HOURS),
        NextVisit(pace.budget_at, Why.BUDGET),
        NextVisit(pace.put_off_until, Why.RETRY_AFTER),
        NextVisit(pace.failed_until, Why.BANNED if pace.refusals.banned else Why.FAILURES),
        NextVisit(pace.turn_at, Why.ADDRESS),
        NextVisit(pace.answered_at + pace.delay, _why_delayed(pace)),
    )


def _why_delayed(pace: HostPace) -> Why:
    if pace.delay > pace.base_delay:
        return Why.BACKOFF
    return Why.CRAWL_DELAY if pace.crawl_delay > pace.limits.delay else Why.DELAY
