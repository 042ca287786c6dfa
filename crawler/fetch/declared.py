"""What bodies under way are still to bring to the disk, as their servers have declared it.

A body that finds no room is not begun, or breaks off, and its URL waits: else it would fill the
disk, where the ledger may be as well, again and again.
"""

from collections.abc import Callable

from crawler.model import Kind, Seconds, Trouble

LONG_BYTES = 1024 * 1024
"""Bodies up to this length find room in any case: the guards keep some."""
NO_ROOM_WAIT_S: Seconds = 600.0
"""How long a URL waits at most whose body finds no room."""


class Declared:
    """The bytes of all bodies under way that their Content-Length has promised and no disk has."""

    __slots__ = ("bytes", "left", "written")

    def __init__(self) -> None:
        self.bytes = 0
        """Bytes still to come."""
        self.written = 0
        """Bytes of all bodies that went to the disk since the start."""
        self.left: Callable[[], int | None] = lambda: None
        """Returns the bytes for which there is room beside these; None where that is not known."""

    def body(self, length: int | None) -> "Declaration":
        """Count a body whose length is declared; None declares nothing.

        Raises:
            Trouble: there is no room for it.
        """
        left = self.left() if (length or 0) > LONG_BYTES else None
        if left is not None and (length or 0) > left:
            raise _no_room(f"{length:,} bytes are declared, and there is room for {max(0, left):,}")
        return Declaration(self, length or 0)


class Declaration:
    """What one body is still to bring."""

    __slots__ = ("_all", "_left")

    def __init__(self, all_: Declared, length: int) -> None:
        self._all = all_
        self._left = length
        all_.bytes += length

    def wrote(self, size: int) -> None:
        """Note bytes that are on the disk; decoded they may be more than were declared.

        Raises:
            Trouble: they are, and there is no room for more of them.
        """
        self._all.written += size
        more = size > self._left
        settled = min(size, self._left)
        self._left -= settled
        self._all.bytes -= settled
        left = self._all.left() if more else None
        if left is not None and left < 0:
            raise _no_room("it is longer than was declared, and there is no room for more of it")

    def end(self) -> None:
        """Note that nothing more comes."""
        self._all.bytes -= self._left
        self._left = 0


def _no_room(words: str) -> Trouble:
    return Trouble(Kind.LOCAL_IO, words, wait=NO_ROOM_WAIT_S)
