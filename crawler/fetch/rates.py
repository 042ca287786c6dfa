"""The rates that bodies keep to: of all of a process, of a job, and of a host in it."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import gevent

from crawler.config import Job
from crawler.model import Seconds
from crawler.policy.token_bucket import TokenBucket

MAX_BUCKETS = 10_000
"""Hosts and jobs whose rates are remembered; the one that is asked for least begins anew."""
Pace = Callable[[int], Seconds]
"""Waits after so many bytes have come, and returns for how long."""


class HostRates(Protocol):
    """The rates in force, in bytes a second."""

    overrides: Any
    """Of hosts; `has_rates` tells whether one of them has a rate."""

    def limit_rate(self, key: str) -> int | None:
        """Return the rate of a host, by name:port; None for none."""


class Rates:
    """The buckets of a process.

    `limit` returns the rate for all of its bodies, None for none, `hosts` knows those of hosts.
    """

    def __init__(
        self, limit: Callable[[], int | None] = lambda: None, hosts: HostRates | None = None
    ) -> None:
        self._limit = limit
        self._hosts = hosts
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def pace(self, job: Job, deadline: Seconds, host: str = "") -> Pace | None:
        """Return what a body waits by, never beyond its deadline; None for nothing."""
        ours, hosts = self._limit(), self._hosts
        of_host = hosts.limit_rate(host) if hosts and hosts.overrides.has_rates else None
        if not (ours or job.limit_rate or of_host):
            return None
        rates = {"": ours, job.name: job.limit_rate, host: of_host}
        buckets = [self._bucket(name, rate) for name, rate in rates.items() if rate]
        return partial(_wait, buckets, deadline)

    def _bucket(self, name: str, rate: int) -> TokenBucket:
        """Return the bucket of a name, another one where its rate has changed."""
        bucket = self._buckets.get(name)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[name] = TokenBucket(rate, time.monotonic())
        self._buckets.move_to_end(name)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return bucket


def _wait(buckets: Sequence[TokenBucket], deadline: Seconds, size: int) -> Seconds:
    """Wait until buckets have given so many bytes; return for how long."""
    now = time.monotonic()
    longest = max(bucket.take(size, now) for bucket in buckets)
    seconds = min(longest, max(0.0, deadline - now))
    if seconds > 0:
        gevent.sleep(seconds)
    return seconds
