"""An answer that all who ask within a moment share."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from gevent.lock import RLock

from crawler.model import Seconds

T = TypeVar("T")
LASTS_S: Seconds = 0.8
"""Less than the time between two events, of which each tells something new."""


class Shared(Generic[T]):
    """Makes a value, and returns it for a moment; one greenlet makes it while others wait."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = RLock()
        self._found: tuple[Seconds, T] | None = None

    def forget(self) -> None:
        """Make it anew for who asks next: something has changed."""
        self._found = None

    def __call__(self) -> T:
        """Return the value; what `make` raises is for who asked, and is not kept."""
        with self._lock:
            if self._found is None or time.monotonic() > self._found[0]:
                value = self._make()
                self._found = time.monotonic() + LASTS_S, value
                return value
            return self._found[1]
