"""A log that is followed as it grows, over rotation and truncation."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from crawler.verbs.tail.lines import MAX_BYTES, Line, line_of

BEGIN_BYTES = 1_000_000
"""Bytes at the end of a log that are looked through for the lines with which following begins."""
READ_BYTES = 1_000_000
"""Bytes of a file that are read at one look, at the most."""


class Followed:
    """A file under one name, which may become another file or be cut at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""
        """A line whose end has not come yet."""
        self._before = ""

    def begin(self) -> list[Line]:
        """Return the lines at the end of the file as it is now."""
        if not self._open():
            return []
        assert self._file is not None
        start = max(0, os.fstat(self._file.fileno()).st_size - BEGIN_BYTES)
        self._file.seek(start)
        if start:
            self._file.readline(MAX_BYTES)  # its beginning was not read
        return self.look()

    def look(self) -> list[Line]:
        """Return the whole lines that came since; of a file that is gone also the last one."""
        found = [*self._read()]
        if not found and self._is_another():
            found = [*self._read(), *self._end()]
            if self._open():
                found += self._read()
        return found

    def _open(self) -> bool:
        try:
            self._file = self._path.open("rb", buffering=0)
        except OSError:  # between two files of a rotation, or not to be read yet
            self._file = None
        return self._file is not None

    def _is_another(self) -> bool:
        """Tell whether the name has another file by now, or its file was cut."""
        try:
            now = self._path.stat()
        except OSError:
            return False
        if self._file is None:
            return True
        ours = os.fstat(self._file.fileno())
        moved = (now.st_dev, now.st_ino) != (ours.st_dev, ours.st_ino)
        return moved or now.st_size < self._file.tell()

    def _read(self) -> Iterator[Line]:
        data = self._file.read(READ_BYTES) if self._file else b""
        *whole, rest = (self._rest + data).split(b"\n")
        yield from map(self._line, whole)
        while len(rest) > MAX_BYTES:
            yield self._line(rest[:MAX_BYTES])
            rest = rest[MAX_BYTES:]
        self._rest = rest

    def _end(self) -> Iterator[Line]:
        """Let the file go, with the line that was not ended."""
        if self._file:
            self._file.close()
        rest, self._rest, self._file = self._rest, b"", None
        if rest:
            yield self._line(rest)

    def _line(self, raw: bytes) -> Line:
        line = line_of(raw, self._before, live=True)
        self._before = line.at
        return line
