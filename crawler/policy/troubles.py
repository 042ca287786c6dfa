"""What troubles a process, in words, for its row in the ledger: pure."""

from dataclasses import field

from crawler.model import Seconds
from crawler.value import mutable

TOLD_FOR_S: Seconds = 900.0
"""How long something that happened once is told of."""
MAX_CHARS = 1000
"""Most characters of all troubles together."""


@mutable
class Troubles:
    """Troubles by their names: those that stand, and those that happened. Times are monotonic."""

    _standing: dict[str, str] = field(default_factory=dict)
    _happened: dict[str, tuple[str, Seconds]] = field(default_factory=dict)

    def stands(self, name: str, words: str) -> None:
        """Note a trouble that lasts, or with '' that it is over."""
        if words:
            self._standing[name] = words
        else:
            self._standing.pop(name, None)

    def happened(self, name: str, words: str, now: Seconds) -> None:
        """Note what has happened; it is told of for a while, the last one of its name."""
        self._happened[name] = (words, now + TOLD_FOR_S)

    def words(self, now: Seconds) -> str:
        """Return all in one line, what lasts first; '' if there is none."""
        self._happened = {name: one for name, one in self._happened.items() if one[1] > now}
        told = [*self._standing.values(), *(words for words, _ in self._happened.values())]
        return "; ".join(told)[:MAX_CHARS]
