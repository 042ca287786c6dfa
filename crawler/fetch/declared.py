"""What bodies under way are still to bring to the disk, as their servers have declared it."""


class Declared:
    """The bytes of all bodies under way that their Content-Length has promised and no disk has."""

    __slots__ = ("bytes",)

    def __init__(self) -> None:
        self.bytes = 0
        """Bytes still to come."""

    def body(self, length: int | None) -> "Declaration":
        """Count a body whose length is declared; None declares nothing."""
        return Declaration(self, length or 0)


class Declaration:
    """What one body is still to bring."""

    __slots__ = ("_all", "_left")

    def __init__(self, all_: Declared, length: int) -> None:
        self._all = all_
        self._left = length
        all_.bytes += length

    def wrote(self, size: int) -> None:
        """Note bytes that are on the disk; decoded they may be more than were declared."""
        size = min(size, self._left)
        self._left -= size
        self._all.bytes -= size

    def end(self) -> None:
        """Note that nothing more comes."""
        self.wrote(self._left)
