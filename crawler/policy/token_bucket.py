"""A rate of bytes that many share: how long each waits so that together they keep to it. Pure.

The generic cell rate algorithm in its form of virtual scheduling (ITU-T I.371, annex A): a token
bucket that needs no clock of its own.
"""

from crawler.model import Seconds

BURST_S: Seconds = 0.25
"""What comes at once after a silence, in seconds of the rate."""


class TokenBucket:
    """Tokens are bytes; times are monotonic."""

    def __init__(self, rate: float, now: Seconds) -> None:
        self.rate = rate
        """Bytes a second."""
        self._paid_until = now

    def take(self, size: int, now: Seconds) -> Seconds:
        """Take the tokens of bytes that have come, and return how long their taker waits."""
        since = max(self._paid_until, now - BURST_S)
        self._paid_until = since + size / self.rate
        return max(0.0, self._paid_until - now)
