"""When what waits will have been visited: from the pace of each host, and from the rate. Pure.

The slowest host decides: its URLs take their number times its pace, whatever the others do. A host
that fails may be well at its next probe or never, so that of its URLs only the probe is foreseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
    """The host that takes longest; '' where the rate decides."""
    failing: str = ""
    """The host that fails and is tried again last, so that it takes as long at least; '' if none
    fails."""


def forecast(
    loads: Sequence[Load], rate: Seconds, now: Seconds, *, urls: int, complete: bool
) -> Forecast | None:
    """Return how long it takes until `urls` URLs are visited; None where nothing says so.

    `loads` are the hosts at which they wait, all of them if `complete`; `rate` is in visits a
    second, lately.
    """
    well, failing = [one for one in loads if not one.fails], [one for one in loads if one.fails]
    left = max(0, urls - sum(one.urls for one in failing))
    by_rate = left / rate if rate > 0 else 0.0
    least, slowest = max(((_least(one, now), one.host) for one in well), default=(0.0, ""))
    host = slowest if least >= by_rate else ""
    if failing:
        last = max(failing, key=lambda one: one.opens_at)
        probe = max(0.0, last.opens_at - now)
        return Forecast(max(least, by_rate, probe), None, host, last.host)
    longest = max((_most(one, now) for one in well), default=0.0)
    most = max(longest, by_rate) if complete else None
    return Forecast(max(least, by_rate), most, host) if max(longest, by_rate) else None


def _least(one: Load, now: Seconds) -> Seconds:
    return max(0.0, one.opens_at - now) + one.urls * max(one.gap, one.latency / one.slots)


def _most(one: Load, now: Seconds) -> Seconds:
    return max(0.0, one.opens_at - now) + one.urls * (one.gap + one.latency / one.slots)
