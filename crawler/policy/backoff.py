"""How much longer a host rests with each failure, and how it recovers: pure arithmetic.

A host that fails pays with its pace: every failure doubles its rest, every success gives a part of
it back (additive increase would be lost on rests that span four magnitudes). After FAILURES_TO_REST
in a row it rests long, and one probe decides (Nygard, "Release It!", the circuit breaker).
"""

from random import Random

from crawler.model import DAY_S, Seconds

FIRST_BACKOFF_S: Seconds = 0.1
"""Backoff after the first failure of a host without a delay."""
MAX_STEPWISE_BACKOFF_S: Seconds = 30.0
"""Longest backoff from which a host recovers step by step; the long rests come on top."""
BACKOFF_KEPT = 0.75
"""Share of the backoff that a success leaves."""
FAILURES_TO_REST = 5
"""Failures in a row after which a host rests long."""
FIRST_LONG_REST_S: Seconds = 60.0
"""First of the long rests; each further failure doubles it, up to `max_backoff`."""


def raised(delay: Seconds, base_delay: Seconds, max_backoff: Seconds) -> Seconds:
    """Return the backoff after one failure more, of a host that rests for `delay` by now."""
    most = min(max_backoff, max(MAX_STEPWISE_BACKOFF_S, 4 * base_delay))
    return min(most, max(FIRST_BACKOFF_S, 2 * delay))


def lowered(backoff: Seconds, base_delay: Seconds) -> Seconds:
    """Return what a success leaves of a backoff: none where the delay is as long."""
    left = backoff * BACKOFF_KEPT
    return 0.0 if left <= max(base_delay, FIRST_BACKOFF_S / 2) else left


def rest_of(backoff: Seconds, failures: int, max_backoff: Seconds, random: Random) -> Seconds:
    """Return how long a host rests after the last of so many failures in a row, with jitter."""
    rest = backoff
    if failures >= FAILURES_TO_REST:
        doubled = FIRST_LONG_REST_S * 2.0 ** min(failures - FAILURES_TO_REST, 20)
        rest = max(rest, min(doubled, DAY_S))
    return min(rest * random.uniform(1.0, 1.5), max_backoff)
