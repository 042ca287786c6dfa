"""When what waits will have been visited: from the pace of each host, and from the rate. Pure.

The slowest host decides: its URLs take their number times its pace, whatever the others do. A host
that fails may be well at its next probe or never, so that of its URLs only the probe is foreseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crawler.model import Seconds


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Forecast:
    """How long it takes from now."""

    least: Seconds
    most: Seconds | None
    """None where nothing says how long: a host fails, or not all hosts were looked at."""
    host: str
    """The host that takes longest; '' where the rate decides, or the probe of one that fails."""
    failing: str = ""
    """The host that fails and is tried again last: it takes as long at least; '' if none fails."""


def forecast(
    loads: Sequence[Load], rate: Seconds, now: Seconds, *, urls: int, complete: bool
) -> Forecast | None:
    """Return how long it takes until `urls` URLs are visited; None where nothing says so.

    `loads` are the hosts at which they wait, all of them if `complete`; `rate` is in visits a
    second, lately.
    """
    found = _forecast(loads, rate, now, urls=urls, complete=complete)
    return found if urls and (found.least or found.most or found.failing) else None


def _forecast(
    loads: Sequence[Load], rate: Seconds, now: Seconds, *, urls: int, complete: bool
) -> Forecast:
    failing = [one for one in loads if one.fails]
    left = max(0, urls - sum(one.urls for one in failing))
    well = _of_well([one for one in loads if not one.fails], left / rate if rate > 0 else 0.0, now)
    if failing:
        last = max(failing, key=lambda one: one.opens_at)
        probe = last.opens_at - now
        host = well.host if well.least > probe else ""
        return Forecast(max(well.least, probe), None, host, last.host)
    return well if complete else replace(well, most=None)


def _of_well(loads: Sequence[Load], by_rate: Seconds, now: Seconds) -> Forecast:
    """Return how long hosts take that are well; together no less than the rate says."""
    least, slowest = max(((_least(one, now), one.host) for one in loads), default=(0.0, ""))
    most = max((_most(one, now) for one in loads), default=0.0)
    host = slowest if least >= by_rate else ""
    return Forecast(max(least, by_rate), max(most, by_rate), host)


def _least(one: Load, now: Seconds) -> Seconds:
    return max(0.0, one.opens_at - now) + one.urls * max(one.gap, one.latency / one.slots)


def _most(one: Load, now: Seconds) -> Seconds:
    return max(0.0, one.opens_at - now) + one.urls * (one.gap + one.latency / one.slots)
