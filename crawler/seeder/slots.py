"""Places for those that read lists: a few read at once, and what takes long makes room."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import gevent
from gevent.lock import Semaphore

from crawler.model import Seconds

FEW = 4
"""Jobs whose lists are read at once, beside those that take long."""
PATIENCE_S: Seconds = 0.5
"""Time after which a job takes long: another may begin beside it."""
MAX_LONG = 64
"""Jobs that take long, at most; each has a few threads and buffers."""


@dataclass(slots=True, eq=False)
class _Place:
    left: bool = False


class Slots:
    """A list that drips, or has ten million lines, holds up no other list."""

    def __init__(self) -> None:
        self._free = Semaphore(FEW)
        self._long = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a place, and have it; after PATIENCE_S somebody else may have it, too."""
        self._free.acquire()
        place = _Place()
        timer = gevent.spawn_later(PATIENCE_S, self._leave, place)
        try:
            yield
        finally:
            timer.kill(block=False)
            if place.left:
                self._long -= 1
            else:
                self._free.release()

    def _leave(self, place: _Place) -> None:
        if self._long < MAX_LONG:
            place.left = True
            self._long += 1
            self._free.release()
