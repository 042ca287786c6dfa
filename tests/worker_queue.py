"""The queue from which a worker of xdist takes its tests, without a lock that two threads share.

xdist's own waits for an event that a native thread sets; under gevent such an event is one of
greenlets, and now and then nobody is woken by it: the worker then waits for ever.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import pytest

LOOK_S = 0.005


class WorkerQueue:
    """Tests by their numbers, put by one thread and taken by another; it has what xdist calls."""

    def __init__(self) -> None:
        self._items: deque[Any] = deque()

    def get(self) -> Any:
        """Wait for a test, and take it."""
        while not self._items:
            gevent.sleep(LOOK_S)
        return self._items.popleft()

    def put(self, item: Any) -> None:
        self._items.append(item)

    def replace(self, items: Iterable[Any]) -> None:
        self._items = deque(items)

    @contextmanager
    def lock(self) -> Iterator[deque[Any]]:
        """Yield what waits; only the distribution that steals asks for it."""
        yield self._items


def use_it(config: pytest.Config) -> None:
    """Have a worker take its tests from such a queue."""
    for plugin in config.pluginmanager.get_plugins():
        if type(plugin).__name__ == "WorkerInteractor":
            plugin.torun = WorkerQueue()
