"""Between a host as the frontier stores it and a host in memory. Pure: `now` is the caller's.

`offset` leads from the clock of `now` to wall time.
"""

from crawler.config.host_overrides import HostOverrides
from crawler.feeder.host import Host
from crawler.frontier import LeasedHost
from crawler.model import Seconds
from crawler.policy.hours import Hours
from crawler.policy.politeness import HostPace
from crawler.policy.remembered import health_of, remember, rest_of
from crawler.records import HostRecord


def paced(overrides: HostOverrides, leased: LeasedHost, now: Seconds, offset: Seconds) -> Host:
    """Return a host with what it is owed today, by what is stored of it and by the limits."""
    host = Host(leased.id, leased.key, HostPace(0.0), now)
    host.address = leased.address
    on_terms(overrides, host, leased, now, offset)
    remember(host.pace, leased.health, now, offset, leased.rest)
    return host


def on_terms(
    overrides: HostOverrides, host: Host, leased: LeasedHost, now: Seconds, offset: Seconds
) -> None:
    """Give a host the limits of today."""
    limits = overrides.limits(leased.key, leased.jobs, leased.delay, leased.per_host)
    host.pace.limit_to(limits, leased.crawl_delay)
    host.hours = overrides.hours(leased.key)
    host.close(now, offset)


def record_of(
    host: Host, offset: Seconds, address_rests: tuple[tuple[str, Seconds], ...] = ()
) -> HostRecord:
    """Return what the frontier stores of a host; `address_rests` are on the clock of the host."""
    pace = host.pace
    return HostRecord(
        host.id,
        max(0.0, pace.next_at + offset),
        pace.opens_at + offset if pace.opens_at else 0.0,
        pace.delay,
        host.address,
        health_of(pace, offset),
        rest_of(pace, offset),
        pace.limits.max_per_day if host.hours is None else _per_day(pace, host.hours),
        tuple((ip, at + offset) for ip, at in address_rests),
        moves=host.moves,
    )


def _per_day(pace: HostPace, hours: Hours) -> int | None:
    """Return how many visits a day the hours of a host leave, at its delay and by its budget."""
    most = pace.limits.max_per_day
    if not pace.delay:
        return most
    of_hours = max(1, int(hours.open_s / pace.delay))
    return of_hours if most is None else min(most, of_hours)
