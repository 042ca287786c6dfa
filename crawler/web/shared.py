"""An answer that all who ask within a moment share."""

import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from gevent.event import AsyncResult

from crawler.model import Seconds

T = TypeVar("T")
LASTS_S: Seconds = 0.8
"""Less than the time between two events, of which each tells something new."""


class Shared(Generic[T]):
    """Makes a value, and returns it for a moment; one greenlet makes it while others wait.

    They share its failure, too: each of them in turn would wait as long for the next one.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._making: Any = None
        """What those get who wait; None while nobody makes it."""
        self._found: tuple[Seconds, T] | None = None

    def forget(self) -> None:
        """Make it anew for who asks next: something has changed."""
        self._found = self._making = None

    def __call__(self) -> T:
        """Return the value; what `make` raises is for who asked, and is not kept."""
        if self._found is not None and time.monotonic() <= self._found[0]:
            return self._found[1]
        if self._making is None:
            return self._made()
        made = self._making.get()
        if made is None:
            return self()
        value, error = made
        if error is not None:
            raise error
        return cast("T", value)

    def _made(self) -> T:
        mine = self._making = AsyncResult()
        made: tuple[T | None, Exception | None] | None = None  # of one who is killed: others do it
        try:
            value = self._make()
        except Exception as failure:
            made = None, failure
            raise
        else:
            made = value, None
            if self._making is mine:
                self._found = time.monotonic() + LASTS_S, value
            return value
        finally:
            if self._making is mine:
                self._making = None
            mine.set(made)
