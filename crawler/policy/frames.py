"""Frames of a compressed stream, counted: zstd's name for what gzip calls members. Pure.

A stream may have any number of frames (RFC 1952, section 2.2; RFC 8878, section 3), each of which
costs a decoder of its own. An empty one has nine bytes in zstd and twenty in gzip.
"""

SPARE = 100
"""Frames of any size that a stream may have."""
BYTES_EACH = 64
"""Decoded bytes for which it may have one more."""


class Frames:
    """Counts the frames of one stream against what came of them."""

    def __init__(self) -> None:
        self._left = SPARE * BYTES_EACH

    def decoded(self, piece: bytes) -> bytes:
        """Count what came of the frames, and hand it on."""
        self._left += len(piece)
        return piece

    def another(self) -> None:
        """Count a frame that begins behind another.

        Raises:
            ValueError: there are too many for what they hold.
        """
        self._left -= BYTES_EACH
        if self._left < 0:
            raise ValueError("it is made of frames that hold next to nothing")
