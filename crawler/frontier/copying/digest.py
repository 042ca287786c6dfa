"""What tells the rows of a table from others, whatever their order, on every engine. Pure."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from crawler.frontier.copying.tables import Row
from crawler.frontier.texts import held
from crawler.value import mutable

_BITS = 128
_ODD = ("\\x00", "-0.0")
"""In the words of a row that one engine can hold and another cannot: a NUL, a negative zero."""


@mutable
class Digest:
    """How many rows there were, and the sum of their digests."""

    rows: int = 0
    total: int = 0
    read: int = 0
    """Characters of the rows, for the size of the next page; no part of what is compared."""

    def add(self, rows: Iterable[Row]) -> list[Row]:
        """Take rows in; return them as every engine can hold them."""
        taken = []
        for given in rows:
            row, words = given, repr(given)
            if any(odd in words for odd in _ODD):
                row = tuple(map(_held, given))
                words = repr(row)
            whole = blake2b(words.encode(), digest_size=_BITS // 8).digest()
            self.total = (self.total + int.from_bytes(whole)) % (1 << _BITS)
            self.read += len(words)
            taken.append(row)
        self.rows += len(taken)
        return taken

    def says(self) -> list[int | str]:
        """Return it as values that JSON can hold."""
        return [self.rows, f"{self.total:x}"]

    @classmethod
    def said(cls, values: Sequence[Any]) -> "Digest":
        """Return what `says` was said of."""
        rows, total = values
        return cls(rows, int(total, 16))

    def __eq__(self, other: object) -> bool:
        """Tell whether two came from the same rows."""
        return isinstance(other, Digest) and self.says() == other.says()

    __hash__ = None  # type: ignore[assignment]  # it grows


def _held(value: Any) -> Any:
    if isinstance(value, str):
        return held(value)
    return 0.0 if isinstance(value, float) and not value else value
