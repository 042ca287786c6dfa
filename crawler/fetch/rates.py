"""The rates that bodies keep to: one for all of a process, one for all of a job in it."""

import time
from collections.abc import Callable

import gevent

from crawler.config import Job
from crawler.model import Seconds
from crawler.policy.token_bucket import TokenBucket

Pace = Callable[[int], Seconds]
"""Waits after so many bytes have come, and returns for how long."""


class Rates:
    """The buckets of a process; `limit` returns the rate for all of its bodies, None for none."""

    def __init__(self, limit: Callable[[], int | None] = lambda: None) -> None:
        self._limit = limit
        self._buckets: dict[str, TokenBucket] = {}

    def pace(self, job: Job, deadline: Seconds) -> Pace | None:
        """Return what a body of a job waits by, never beyond its deadline; None for nothing."""
        rates = {"": self._limit(), job.name: job.limit_rate}
        buckets = [self._bucket(name, rate) for name, rate in rates.items() if rate]
        if not buckets:
            return None

        def wait(size: int) -> Seconds:
            now = time.monotonic()
            longest = max(bucket.take(size, now) for bucket in buckets)
            seconds = min(longest, max(0.0, deadline - now))
            if seconds > 0:
                gevent.sleep(seconds)
            return seconds

        return wait

    def _bucket(self, name: str, rate: int) -> TokenBucket:
        """Return the bucket of a name, another one where its rate has changed."""
        bucket = self._buckets.get(name)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[name] = TokenBucket(rate, time.monotonic())
        return bucket
