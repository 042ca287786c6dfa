"""Lines out of bytes, however they come, in bounded memory. Pure."""

from collections.abc import Iterator

MAX_LINE_BYTES = 65_536
"""Bytes of a line; a longer line is cut off after one byte more when it is read."""
BLOCK_LINES = 4096
"""Lines of a block at most."""

Pieces = Iterator[bytes | None]
"""Bytes; None where nothing has come yet."""
Steps = Iterator[list[bytes] | None]
"""Lines, perhaps none; None where nothing has come yet."""


def cut(source: Pieces) -> Steps:
    """Yield the lines of pieces, without their ends (LF, CRLF, CR); one too long loses its tail."""
    unended, returned = b"", False
    for piece in source:
        if piece is None:
            yield None
            continue
        new = piece[1:] if returned and piece.startswith(b"\n") else piece  # half of a CRLF
        returned = piece.endswith(b"\r") or (returned and not piece)
        *lines, unended = _split(unended + new)
        unended = unended[: MAX_LINE_BYTES + 1]  # a line too long stays too long
        yield from sliced(lines)
    if unended:
        yield [unended]


def _split(data: bytes) -> list[bytes]:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = data.split(b"\n")
    if max(map(len, lines)) > MAX_LINE_BYTES:
        lines = [line[: MAX_LINE_BYTES + 1] for line in lines]
    return lines


def sliced(lines: list[bytes]) -> Iterator[list[bytes]]:
    """Yield lines in blocks, an empty one if there are none."""
    yield lines[:BLOCK_LINES]
    for start in range(BLOCK_LINES, len(lines), BLOCK_LINES):
        yield lines[start : start + BLOCK_LINES]
