"""When what waits will have been visited: from the pace of each host, and from the rate. Pure.

The slowest host decides: its URLs take their number times its pace, whatever the others do. A host
that fails may be well at its next probe or never, so that of its URLs only the probe is foreseen.
Budgets and hours are reckoned by the day, UTC: what is left of today, and the days that follow.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, inf

from crawler.model import DAY_S, Seconds
from crawler.value import value


@value
class Load:
    """What waits at one host; times are wall times."""

    host: str
    urls: int
    gap: Seconds
    """Its delay as it is in force."""
    latency: Seconds
    """Its own response time."""
    slots: int
    """Visits to it at the same time."""
    opens_at: Seconds
    """No visit before: its rests, hours and budget, and the time of its first URL."""
    fails: bool = False
    left: float = inf
    """Visits that its budget and its hours allow on the day of `opens_at`, or today."""
    per_day: float = inf
    """Visits a day that they allow."""


@value
class Forecast:
    """How long it takes from now."""

    least: Seconds
    most: Seconds | None
    """None where nothing says how long: a host fails, not all hosts were looked at, or no rate is
    known."""
    host: str
    """The host that takes longest; '' where the rate decides, or the probe of one that fails."""
    failing: str = ""
    """The host that fails and is tried again last: it takes as long at least; '' if none fails."""


def forecast(
    loads: Sequence[Load], rate: float | None, now: Seconds, *, urls: int, complete: bool
) -> Forecast | None:
    """Return how long it takes until `urls` URLs are visited; None where nothing says so.

    `loads` are the hosts at which they wait, all of them if `complete`; `rate` is in visits a
    second, lately, None as long as it means nothing.
    """
    found = _forecast(loads, rate, now, urls=urls, complete=complete)
    return found if urls and (found.least or found.most or found.failing) else None


def _forecast(
    loads: Sequence[Load], rate: float | None, now: Seconds, *, urls: int, complete: bool
) -> Forecast:
    failing = [one for one in loads if one.fails]
    left = max(0, urls - sum(one.urls for one in failing))
    well = _of_well([one for one in loads if not one.fails], left / rate if rate else 0.0, now)
    if failing:
        return _of_failing(failing, well, now)
    return well if complete and rate is not None else replace(well, most=None)


def _of_failing(loads: Sequence[Load], well: Forecast, now: Seconds) -> Forecast:
    last = max(loads, key=lambda one: one.opens_at)
    probe = last.opens_at - now
    host = well.host if well.least > probe else ""
    return Forecast(max(well.least, probe), None, host, last.host)


def _of_well(loads: Sequence[Load], by_rate: Seconds, now: Seconds) -> Forecast:
    """Return how long hosts take that are well; together no less than the rate says."""
    least, slowest = max(((_least(one, now), one.host) for one in loads), default=(0.0, ""))
    most = max((_most(one, now) for one in loads), default=0.0)
    host = slowest if least >= by_rate else ""
    return Forecast(max(least, by_rate), max(most, by_rate), host)


def _least(one: Load, now: Seconds) -> Seconds:
    return _lasts(one, now, max(one.gap, one.latency / one.slots))


def _most(one: Load, now: Seconds) -> Seconds:
    return _lasts(one, now, one.gap + one.latency / one.slots)


def _lasts(one: Load, now: Seconds, each: Seconds) -> Seconds:
    """Return how long a host takes at a pace of `each`, day after day where one is not enough."""
    begins = max(0.0, one.opens_at - now)
    left = one.urls - one.left
    if left <= 0:
        return begins + one.urls * each
    days = ceil(left / one.per_day)
    day_ends = (now // DAY_S + 1) * DAY_S - now
    return max(begins, day_ends + (days - 1) * DAY_S) + (left - (days - 1) * one.per_day) * each
