"""A search for byte strings in a body that comes in pieces, wherever it is cut. Pure."""

from collections.abc import Sequence


class BodySearch:
    """Looks for the first of some texts in the pieces of one body.

    It takes time in proportion to their length, and keeps no more of them than a text is long.
    """

    __slots__ = ("_edge", "_longest", "_texts", "found")

    def __init__(self, texts: Sequence[bytes]) -> None:
        self._texts = texts
        self._longest = max(map(len, texts), default=1)
        self._edge = b""
        """The last bytes that came: a text may begin there and end in the next piece."""
        self.found: bytes | None = None

    def feed(self, piece: bytes) -> bytes | None:
        """Look through a piece; return the text that was found, in it or before."""
        if self.found is None:
            over = self._longest - 1
            self.found = self._in(self._edge + piece[:over]) or self._in(piece)
            self._edge = (self._edge + piece[-over:])[-over:] if over else b""
        return self.found

    def _in(self, data: bytes) -> bytes | None:
        # Short needles are sought by memchr, long ones by the two-way algorithm: both are linear.
        return next((text for text in self._texts if text in data), None)
