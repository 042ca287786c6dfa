"""A visit that may have failed by a fault that is over is not charged, once. Pure."""

from collections import OrderedDict

MAX_PARDONED = 10_000
"""Tasks that are remembered; the oldest are forgotten, and may be pardoned again."""


class Pardons:
    """The tasks, by number, of which a visit failed so, and none has been stored since."""

    def __init__(self) -> None:
        self._pardoned: OrderedDict[int, None] = OrderedDict()

    def pardon(self, task: int) -> bool:
        """Tell whether a failure of a task is not charged: the first one is not."""
        if task in self._pardoned:
            return False
        self._pardoned[task] = None
        if len(self._pardoned) > MAX_PARDONED:
            self._pardoned.popitem(last=False)
        return True

    def stored(self, task: int) -> None:
        """Note that a file of a task was stored: all was well."""
        self._pardoned.pop(task, None)
