"""What one body may take: bytes as they come and decoded, and time."""

import time

import gevent

from crawler.config import NO_SPEED, Speed
from crawler.fetch.rates import Pace
from crawler.model import Kind, Seconds, Trouble

_TURN_S: Seconds = 0.02
"""Longest stretch of reading without a pause for the other greenlets (gevent issue 1071)."""


class Limits:
    """The limits of one body, `had` bytes of which an earlier visit left.

    With `cut` a body that is longer than `max_size` ends there; else it is too big. It waits as
    `pace` has it.
    """

    def __init__(
        self,
        max_size: int,
        deadline: Seconds,
        min_speed: Speed = NO_SPEED,
        had: int = 0,
        *,
        cut: bool = False,
        pace: Pace | None = None,
    ) -> None:
        self.cut = cut
        self._pace = pace
        self._max_size = max_size - had
        self._deadline = deadline
        self._min_speed = min_speed
        self._received = 0
        self._decoded = 0
        now = time.monotonic()
        self._pause_at = now + _TURN_S
        self._window = (now + min_speed.window_s, 0)

    @property
    def paced(self) -> bool:
        """Tell whether it waits between pieces, so that these should be small."""
        return self._pace is not None

    def declared(self, length: int | None) -> None:
        """Refuse a body before it is read, if it is declared too long.

        Raises:
            Trouble: `too_big`.
        """
        if length is not None and length > self._max_size:
            raise Trouble(Kind.TOO_BIG, f"{length} bytes declared, {self._max_size} allowed")

    def received(self, size: int) -> None:
        """Count bytes as they came, and let others run.

        Raises:
            Trouble: `too_big` or `timeout`.
        """
        self._received += size
        if self._received > self._max_size and not self.cut:
            raise self._too_big()
        if self._pace:  # the time that it waits is not the server's
            until, before = self._window
            self._window = (until + self._pace(size), before)
        if time.monotonic() >= self._pause_at:
            self._breathe()

    def decoded(self, piece: bytes) -> None:
        """Count a piece that came of the decoder, and let others run.

        Raises:
            Trouble: `too_big` or `timeout`.
        """
        self._decoded += len(piece)
        if self._decoded > self._max_size and not self.cut:
            raise self._too_big()
        if time.monotonic() >= self._pause_at:
            self._breathe()

    def enough(self, *, coded: bool) -> bool:
        """Tell whether a body that may be cut has come as far as it may."""
        if coded:  # one that grows little by its decoding is read to twice the length at most
            return max(self._received // 2, self._decoded) >= self._max_size
        return self._received >= self._max_size

    def _too_big(self) -> Trouble:
        return Trouble(Kind.TOO_BIG, f"more than {self._max_size} bytes")

    def _breathe(self) -> None:
        """Let others run: a socket that is always ready never yields, and then no timer fires."""
        now = time.monotonic()
        if now >= self._deadline:
            raise Trouble(Kind.TIMEOUT, "not done within the time of a visit")
        self._check_speed(now)
        gevent.sleep(0.001)
        self._pause_at = time.monotonic() + _TURN_S

    def _check_speed(self, now: Seconds) -> None:
        until, before = self._window
        if now < until:
            return
        least, window_s = self._min_speed
        if self._received - before < least * window_s:
            raise Trouble(Kind.TIMEOUT, f"slower than {least:g} bytes/s for {window_s:g} s")
        self._window = (now + window_s, self._received)
