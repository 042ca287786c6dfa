"""The body of an answer, taken out of its framing (RFC 9112, sections 6 and 7), still as coded.

The three kinds of body have the same face: `read_some` returns what is there, however little, and
b"" at the end. Where its pieces are cut on the way makes no difference.
"""

import re
from collections.abc import Callable

from crawler.model import Kind, Trouble
from crawler.policy.http_grammar import FIELD_NAME, FIELD_TEXT
from crawler.transport.connection import MAX_PIECE_BYTES, Connection
from crawler.transport.response_head import Head, refusal

MAX_LINE_BYTES = 16_384
"""Longest line of the framing: a chunk's size, a trailer."""
MAX_TRAILERS = 100
MAX_BIG_PIECE_BYTES = 524_288
"""Bytes of a big body taken in at once: it costs a quarter less than in small pieces."""

MAX_POURED_BYTES = 8 * MAX_BIG_PIECE_BYTES
"""Bytes of a big body that go straight to where it is stored, before others have their turn."""

_MAX_SIZE_DIGITS = 15
_TEXT = FIELD_TEXT.encode()
_SIZE = re.compile(rb"([0-9a-fA-F]++)[ \t]*(?:;" + _TEXT + rb")?\r\n")
_TRAILER = re.compile(FIELD_NAME.encode() + b":" + _TEXT + rb"\r\n")


def body_of(head: Head, connection: Connection) -> "Body":
    """Return the body that follows a head."""
    if head.chunked:
        return Chunked(connection)
    if head.length is None:
        return Open(connection)
    return Sized(connection, head.length)


class Sized:
    """A body of the length that its header says."""

    __slots__ = ("_connection", "left")
    framed = True

    def __init__(self, connection: Connection, length: int) -> None:
        self._connection = connection
        self.left: int = length
        """Bytes that are still to come."""

    @property
    def whole(self) -> bool:
        """Whether all of it has been read."""
        return self.left == 0

    def read_some(self) -> bytes:
        """Return the next piece.

        Raises:
            Trouble: `truncated`; the connection ended before the body.
        """
        left = self.left
        if left == 0:
            return b""
        connection = self._connection
        most = min(left, MAX_BIG_PIECE_BYTES) if left > MAX_PIECE_BYTES else MAX_PIECE_BYTES
        piece = connection.buffered or connection.receive(most)
        if not piece:
            raise _cut()
        if len(piece) > left:
            connection.buffered = piece[left:]
            piece = piece[:left]
        else:
            connection.buffered = b""
        self.left = left - len(piece)
        return piece

    def pour(self, into: "Pour") -> int:
        """Have `into` take what has come straight from the socket; return how many bytes it took.

        Raises:
            OSError: the connection broke after them.
        """
        read = self._connection.straight()
        if read is None or self.left == 0:
            return 0
        size, error = into(read, min(self.left, MAX_POURED_BYTES))
        self.left -= size
        if error:
            raise error
        return size


class Open:
    """A body that ends with its connection: whether it is whole is known to TLS at most."""

    __slots__ = ("_connection", "whole")
    framed = False
    left = None

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.whole = False

    def read_some(self) -> bytes:
        """Return the next piece.

        Raises:
            Trouble: `truncated`; TLS was cut, so that the end is nobody's word (RFC 9112,
                section 9.8).
        """
        if self.whole:
            return b""
        connection = self._connection
        piece = connection.buffered or connection.receive()
        connection.buffered = b""
        if connection.torn:
            raise _cut("TLS was cut, and no length says whether the body was whole")
        self.whole = not piece
        return piece


class Chunked:
    """A body in chunks; it is whole with its last chunk, and reusable with the end of trailers."""

    __slots__ = ("_connection", "_left", "_step", "_trailers", "whole")
    framed = True
    left = None

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._left = 0
        """Bytes of the present chunk that are still to come."""
        self._trailers = 0
        self._step: Step = Chunked._size
        """Part that is read next: size, data, end of data, trailer."""
        self.whole = False

    def read_some(self) -> bytes:
        """Return the next piece.

        Raises:
            Trouble: `truncated`, or `protocol` where it is the trailers that are wrong.
        """
        connection = self._connection
        while not self.whole:
            piece = self._unframed(connection.buffered)
            if piece or self._step is Chunked._done:
                return piece
            more = connection.receive()
            if not more:
                if self._step is Chunked._trailer:
                    break  # RFC 9112, section 8: the last chunk was there, nothing is missing
                raise _cut()
            connection.buffered += more
        return b""

    def _unframed(self, buffer: bytes) -> bytes:
        """Take what is there out of its chunks; what is wrong waits until that is delivered."""
        pieces: list[bytes] = []
        at = 0
        try:
            while taken := self._step(self, buffer, at, pieces):
                at += taken
        except Trouble:
            if not pieces:
                raise
        self._connection.buffered = buffer[at:]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _size(self, buffer: bytes, at: int, _: list[bytes]) -> int:
        end = buffer.find(b"\n", at) + 1
        if (end or len(buffer)) - at > MAX_LINE_BYTES:
            raise _cut("a chunk whose size is a very long line")
        if not end:
            return 0
        match = _SIZE.fullmatch(buffer, at, end)
        if not match:
            raise _cut("a chunk without a size that can be read")
        self._left = _number(match[1])
        self._step = Chunked._data if self._left else Chunked._trailer
        return end - at

    def _data(self, buffer: bytes, at: int, pieces: list[bytes]) -> int:
        piece = buffer[at : at + self._left]
        if piece:
            pieces.append(piece)
            self._left -= len(piece)
        if not self._left:
            self._step = Chunked._end
        return len(piece)

    def _end(self, buffer: bytes, at: int, _: list[bytes]) -> int:
        end = buffer[at : at + 2]
        if not b"\r\n".startswith(end):
            raise _cut("a chunk that is longer than its size")
        if len(end) < 2:
            return 0
        self._step = Chunked._size
        return 2

    def _trailer(self, buffer: bytes, at: int, _: list[bytes]) -> int:
        end = buffer.find(b"\n", at) + 1
        if (end or len(buffer)) - at > MAX_LINE_BYTES:
            raise refusal(f"a trailer of more than {MAX_LINE_BYTES} bytes")
        if not end:
            return 0
        if buffer[at:end] == b"\r\n":
            self._step, self.whole = Chunked._done, True
            return 2
        if not _TRAILER.fullmatch(buffer, at, end):
            raise refusal("a trailer that is no header line")
        self._trailers += 1
        if self._trailers > MAX_TRAILERS:
            raise refusal(f"more than {MAX_TRAILERS} trailers")
        return end - at

    def _done(self, _: bytes, __: int, ___: list[bytes]) -> int:
        return 0


Body = Sized | Chunked | Open
Pour = Callable[[Callable[[memoryview], int], int], tuple[int, OSError | None]]
"""Takes what a function reads into its buffers, so many bytes at most, as long as there are some.

It returns how many these were, and what the function raised after them.
"""
Step = Callable[[Chunked, bytes, int, list[bytes]], int]
"""Takes a piece of the framing in, and returns how long that is; 0 if it is not all there."""


def _number(size: bytes) -> int:
    digits = size.lstrip(b"0")
    if len(digits) > _MAX_SIZE_DIGITS:
        raise Trouble(Kind.TOO_BIG, f"a chunk whose size has {len(digits)} digits")
    return int(digits or b"0", 16)


def _cut(reason: str = "the connection ended before the body did") -> Trouble:
    return Trouble(Kind.TRUNCATED, reason)
