"""Digests of a body that comes in pieces, by several algorithms at once."""

import hashlib
from collections.abc import Iterable


class Digests:
    """The running digests of one body."""

    def __init__(self, names: Iterable[str]) -> None:
        self._running = {name: hashlib.new(name, usedforsecurity=False) for name in names}

    def feed(self, piece: bytes) -> None:
        """Take in a piece."""
        for running in self._running.values():
            running.update(piece)

    def of(self, name: str) -> str:
        """Return the digest of all that came, in hex; "" of an algorithm that was not asked for."""
        running = self._running.get(name)
        return running.hexdigest() if running else ""
