"""Limits that the configuration sets to the visits of one host. Pure."""

from crawler.model import DAY_S, Seconds
from crawler.policy.bans import REFUSALS_TO_BAN
from crawler.value import value


@value
class Adaptive:
    """Keep the delay near a multiple of the host's own response time."""

    factor: float
    least: Seconds
    most: Seconds


@value
class HostLimits:
    """Limits that the configuration sets to the visits of one host."""

    delay: Seconds = 0.0
    per_host: int = 1
    adaptive: Adaptive | None = None
    max_backoff: Seconds = 3600.0
    """Longest rest that failures alone bring about."""
    give_up: Seconds = DAY_S
    """How long a host may be silent before its URLs are given up."""
    max_per_day: int | None = None
    refusals_to_ban: int = REFUSALS_TO_BAN
    """Refusals in a row after which it rests as one that refuses everything."""


NO_LIMITS = HostLimits()
