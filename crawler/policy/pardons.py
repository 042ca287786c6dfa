"""A visit that may have failed by a fault that is over is not charged, once. Pure."""

from collections import OrderedDict

MAX_PARDONED = 10_000
"""Tasks that are remembered; the oldest are forgotten, and may be pardoned again."""


class Pardons:
    """The tasks, by number, of which a visit failed so, and none has been stored since."""

    def __init__(self) -> None:
        self.pardoned: OrderedDict[int, None] = OrderedDict()
        """Empty as long as no visit failed so."""

    def pardon(self, task: int) -> bool:
        """Tell whether a failure of a task is not charged: the first one is not."""
        if task in self.pardoned:
            return False
        self.pardoned[task] = None
        if len(self.pardoned) > MAX_PARDONED:
            self.pardoned.popitem(last=False)
        return True

    def stored(self, task: int) -> None:
        """Note that a file of a task was stored: all was well."""
        self.pardoned.pop(task, None)
