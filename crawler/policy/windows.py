"""The window of a compressed stream: the bytes that its decoder keeps for looking back. Pure.

The sender names it at the start of the stream. A decoder has as much memory of its own as the
window is long, and fills it with what it decodes.
"""

from collections.abc import Callable

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZSTD_HEADER_BYTES = 14
"""Longest start of a frame in which its window is named (RFC 8878, section 3.1.1)."""
_FCS_BYTES = (1, 2, 4, 8)
_DICTIONARY_BYTES = (0, 1, 2, 4)


def brotli_window(start: bytes) -> int:
    """Return the window in bytes of a br stream (RFC 7932, section 9.1), 0 where it has no start.

    16 MiB at most: those of large_window brotli are not of the web, and no decoder here takes them.
    """
    if not start:
        return 0
    bits = start[0]
    if not bits & 1:
        return 1 << 16
    if high := bits >> 1 & 7:
        return 1 << 17 + high
    low = bits >> 4 & 7
    return 1 << (8 + low if low else 17)


def zstd_window(start: bytes) -> int:
    """Return the window in bytes of the zstd frame that starts so (RFC 8878, section 3.1.1.1).

    0 where the frame is skippable, or too little of it is there to tell.
    """
    if not start.startswith(_ZSTD_MAGIC) or len(start) < 6:
        return 0
    descriptor = start[4]
    if not descriptor & 0x20:
        base = 1 << 10 + (start[5] >> 3)
        return base + base // 8 * (start[5] & 7)
    size = _FCS_BYTES[descriptor >> 6]
    begin = 5 + _DICTIONARY_BYTES[descriptor & 3]
    length = int.from_bytes(start[begin : begin + size], "little")
    return length + 256 if size == 2 else length


class Window:
    """What a decoder has of its window: what it decoded, up to the length that the stream names."""

    def __init__(
        self, named: Callable[[bytes], int], most: int, *, ahead: int | None = None
    ) -> None:
        """`named` reads the length from the start of a stream, of which `most` bytes suffice.

        A decoder that goes on until its window is full, however little is taken of it, is `ahead`
        after a piece of so many bytes: as far as the window is long.
        """
        self._named = named
        self._most = most
        self._ahead = ahead
        self._start = b""
        self._decoded = 0
        self._is_ahead = False

    def came(self, data: bytes) -> None:
        """Note what came of the stream."""
        if len(self._start) < self._most:
            self._start += data[: self._most - len(self._start)]

    def filled(self, piece: bytes) -> bytes:
        """Note what was decoded, and hand it on."""
        self._decoded += len(piece)
        self._is_ahead = self._ahead is not None and len(piece) >= self._ahead
        return piece

    def held(self) -> int:
        """Return the bytes of the window that are filled."""
        length = self._named(self._start)
        return length if self._is_ahead else min(self._decoded, length)
