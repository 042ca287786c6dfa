"""When a URL is visited again: at an interval, fixed or adaptive, or by a calendar. Pure.

A schedule names slots (`policy.cron` finds those of a cron expression), and `policy.jitter` makes
each a little late.
"""

import math
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, tzinfo
from itertools import count

from crawler.model import DAY_S, Seconds
from crawler.policy.cron import checked, gap, occurrences
from crawler.policy.hours import Hours, zone_of
from crawler.policy.hours import parse as parse_hours
from crawler.policy.jitter import Lateness
from crawler.value import value

SHRINK, GROW = 0.5, 1.5
"""Factors of an adaptive interval after a visit whose content changed, and did not."""
_FACTORS = {True: SHRINK, False: GROW, None: 1.0}
_LAST = time.max.replace(fold=1)


@value
class Schedule:
    """When the URLs of a job come again; neither `every` nor `cron`: once."""

    every: Seconds | None = None
    cron: str | None = None
    zone: tzinfo = UTC
    jitter: Seconds = 0.0
    hours: Hours | None = None
    least: Seconds | None = None
    """With `most`: bounds of an interval that adapts."""
    most: Seconds | None = None
    until: Seconds | None = None
    """Wall time after which no visit is due."""

    def opens_at(self, at: Seconds) -> Seconds:
        """Return the wall time from which visits may begin: `at` itself within the hours."""
        return self.hours.opens_at(at) if self.hours else at


@value
class Next:
    """The next visit after a visit."""

    at: Seconds | None
    """Wall time of the next one, if there is one."""
    every: Seconds | None
    """The task's own interval, where intervals adapt."""


def parse(
    *,
    every: Seconds | None = None,
    cron: str | None = None,
    timezone: str = "UTC",
    jitter: Seconds = 0.0,
    hours: str | None = None,
    least: Seconds | None = None,
    most: Seconds | None = None,
    until: str | None = None,
) -> Schedule:
    """Return the schedule of an operator's words; hours without a zone are those of `timezone`.

    Raises:
        ValueError: it makes no sense; the message says why.
    """
    zone = zone_of(timezone)
    if every is not None and cron is not None:
        raise ValueError("either every or cron, not both")
    _check_bounds(every, least, most)
    if jitter > (least or every or DAY_S):
        raise ValueError("jitter is at most every or adaptive.min, and with cron a day")
    return Schedule(
        every=every,
        cron=None if cron is None else checked(cron),
        zone=zone,
        jitter=jitter,
        hours=None if hours is None else _hours(hours, timezone),
        least=least,
        most=most,
        until=None if until is None else _end(until, zone),
    )


def next_due(
    schedule: Schedule,
    *,
    now: Seconds,
    due_at: Seconds,
    every: Seconds | None,
    changed: bool | None,
    fingerprint: int,
) -> Next:
    """Return when a task is due again that was due at `due_at`, and its own interval, if it adapts.

    Slots count from the task's own, so that nothing drifts, and those gone by are skipped: after
    downtime there is one visit, not many. `every` is the task's interval until now; without one it
    begins with that of the schedule. It stays as it is where `changed` is None: it
    is not known whether the content changed.
    """
    own = _adapted(schedule, every, changed=changed)
    due_at = _believed(schedule, own or schedule.every, now, due_at)
    after = max(now, due_at)
    late = Lateness(schedule.jitter, fingerprint)
    for slot in _slots(schedule, own or schedule.every, late.slot(due_at), late.slot(after)):
        if (at := _within(schedule, slot, late)) > after:
            return Next(at if schedule.until is None or at <= schedule.until else None, own)
    return Next(None, own)


def end_of_pass(schedule: Schedule, began: Seconds) -> Seconds | None:
    """Return the wall time at which a pass over a job's URLs ends that began then; None: never.

    That is the next slot: with `every` so much later, with `cron` at its next time.
    """
    slot = next(iter(_slots(schedule, schedule.every, began, began)), None)
    return None if slot is None else schedule.opens_at(slot)


def spread(now: Seconds, due_at: Seconds, window: Seconds, fingerprint: int) -> Seconds:
    """Return when a task is due that became overdue while nothing ran.

    In SQL: `now + window * (fingerprint & 0xFFFFFFFF) / 4294967296.0`.
    """
    if window <= 0 or due_at > now:
        return due_at
    return now + window * (fingerprint & 0xFFFFFFFF) / 2**32


def window_of(schedule: Schedule, now: Seconds, down_since: Seconds) -> Seconds:
    """Return over how many seconds to spread tasks that became overdue; 0 if there can be none.

    It is never wider than the downtime was, nor than half the time between two visits.
    """
    interval = schedule.least or schedule.every
    if schedule.cron is not None:
        interval = gap(schedule.cron, schedule.zone, down_since - schedule.jitter, now)
    return max(0.0, min(now - down_since, interval / 2)) if interval else 0.0


def _believed(schedule: Schedule, step: Seconds | None, now: Seconds, due_at: Seconds) -> Seconds:
    """Return when a task that was visited now was due: a time to come means a clock set back.

    Up to one interval ahead it is the slot that this visit was for, and that is not due again. What
    lies further ahead was computed by a wrong clock, and would be a rest beyond all rules.
    """
    if due_at <= now:
        return due_at
    coming = next(iter(_slots(schedule, step, now, now)), now)
    return due_at if due_at <= coming + schedule.jitter else now


def _adapted(schedule: Schedule, every: Seconds | None, *, changed: bool | None) -> Seconds | None:
    """Return a task's own interval after a visit, None where intervals do not adapt."""
    if schedule.least is None or schedule.most is None or schedule.every is None:
        return None
    own = schedule.every
    if every is not None:
        own = every * _FACTORS[changed]
    return min(max(own, schedule.least), schedule.most)


def _within(schedule: Schedule, slot: Seconds, late: Lateness) -> Seconds:
    """Return when a slot is due; lateness that would lead past the closing is left out."""
    opening = schedule.opens_at(slot)
    at = late.due(opening)
    return at if schedule.opens_at(at) == at else opening


def _slots(
    schedule: Schedule, step: Seconds | None, last: Seconds, after: Seconds
) -> Iterator[Seconds]:
    """Yield the slots that follow the `last` one, from about `after` on."""
    if schedule.cron is not None:
        yield from occurrences(schedule.cron, schedule.zone, after)
    elif step is not None:
        missed = max(0, math.floor((after - last) / step))
        yield from (last + step * number for number in count(missed + 1))


def _check_bounds(every: Seconds | None, least: Seconds | None, most: Seconds | None) -> None:
    if every is not None and every <= 0:
        raise ValueError("every is longer than 0")
    if least is None and most is None:
        return
    if least is None or most is None:
        raise ValueError("adaptive needs both, min and max")
    if every is None:
        raise ValueError("adaptive needs every, the interval it begins with")
    if not 0 < least <= every <= most:
        raise ValueError("every lies between adaptive.min, longer than 0, and adaptive.max")


def _hours(text: str, timezone: str) -> Hours:
    try:
        return parse_hours(f"{text} {timezone}")
    except ValueError:  # it names its own zone
        return parse_hours(text)


def _end(text: str, zone: tzinfo) -> Seconds:
    """Return the wall time of a moment, or of the last one of a day."""
    with suppress(ValueError):
        return datetime.combine(date.fromisoformat(text), _LAST, zone).timestamp()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"until {text} is no date: 2027-03-31 or 2027-03-31T18:00 are") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
