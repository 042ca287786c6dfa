"""The elements of a JSON array as lines, in one pass and bounded memory. Pure."""

import re

from crawler.sources.lines import MAX_LINE_BYTES, Pieces, Steps, sliced

_TOKEN = re.compile(rb'"[^"\\]*"|["\[\]{},]')
_IN_STRING = re.compile(rb'["\\]')
_ENDS = bytes.maketrans(b"\r\n", b"  ")


def elements(source: Pieces) -> Steps:
    """Yield the elements of the array that pieces hold, each as a line.

    Raises:
        ValueError: it breaks off, or something follows it; what was complete has been yielded.
    """
    array = _Array()
    for piece in source:
        if piece is None:
            yield None
            continue
        yield from sliced(array.feed(piece))
        if array.followed:
            raise ValueError("something follows the bracket that closes its array")
    if not array.closed:
        raise ValueError("it breaks off before the bracket that closes its array")


class _Array:
    """Where in an array the next piece begins: how deep, in a string or not, after which bytes."""

    def __init__(self) -> None:
        self.closed = False
        self.followed = False
        """Whether more than blanks came after the array."""
        self._depth = 0
        self._string = self._escaped = False
        self._kept = b""
        """The beginning of an element that goes on."""

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the elements that a piece completes."""
        lines: list[bytes] = []
        start = at = 0
        while at < len(piece) and not self.closed:
            if self._string:
                at = self._through_string(piece, at)
                continue
            token = _TOKEN.search(piece, at)
            if token is None:
                break
            at = token.end()
            if self._ends_element(token.group()):
                lines.append(self._element(piece[start : token.start()]))
                start = at
            elif self._depth == 1 and token.group() == b"[":
                start = at  # the array's own bracket
        self._rest(piece[start:])
        return [line for line in lines if line]

    def _rest(self, part: bytes) -> None:
        """Take in what is left of a piece: the beginning of an element, or what follows all."""
        if self.closed:
            self.followed = bool(part.strip())
        else:
            self._keep(part)

    def _through_string(self, piece: bytes, at: int) -> int:
        """Go on in a string that began before; return where it, an escape or the piece ends."""
        if self._escaped:
            self._escaped = False
            return at + 1
        found = _IN_STRING.search(piece, at)
        if found is None:
            return len(piece)
        self._string = self._escaped = found.group() == b"\\"
        return found.end()

    def _ends_element(self, sign: bytes) -> bool:
        """Take in a sign outside of strings; return whether an element ends before it."""
        if sign == b'"':
            self._string = True
        elif sign in {b"[", b"{"}:
            self._depth += 1
        elif sign in {b"]", b"}"}:
            self._depth -= 1
            self.closed = self._depth <= 0
        return self.closed or (sign == b"," and self._depth == 1)

    def _element(self, last: bytes) -> bytes:
        self._keep(last)
        line, self._kept = self._kept.translate(_ENDS).strip(), b""
        return line

    def _keep(self, part: bytes) -> None:
        part = part if self._kept else part.lstrip()
        self._kept += part[: MAX_LINE_BYTES + 1 - len(self._kept)]
