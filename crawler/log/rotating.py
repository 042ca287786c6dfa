"""A file that whole lines are appended to, and that makes way for another one when it is full.

It runs in a native thread and is pure of gevent. Several processes may append to one file: each
sees before it writes whether another process, or logrotate, has put a new file in its place.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from crawler.log.lines import MAX_LINE_BYTES

MODE = 0o640


class RotatingFile:
    """Appends to a file; one of `size` bytes is renamed to .1, and `count` of these are kept.

    A size of 0 lets it grow.
    """

    def __init__(self, path: Path, size: int, count: int) -> None:
        self.path = path
        self._size = size
        self._count = count
        self._descriptor = -1
        self._torn = False
        self.stale = False
        """Set: the next write opens the file anew."""
        self.fault: OSError | None = None
        """Why a file that is full could not make way; it grows meanwhile."""

    def open(self) -> None:
        """Open the file, and make it and its folder if need be.

        Raises:
            OSError: it cannot be written to, or is no regular file.
        """
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and not self.path.is_file():
            raise OSError(0, "is no regular file")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(self.path, flags, MODE)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
        self._descriptor = -1

    def write(self, data: bytes) -> int:
        """Append lines in one system call; return how many bytes of whole lines were written.

        These may be fewer than there are: what is left goes into the next file.

        Raises:
            OSError: nothing could be written.
        """
        if self.stale or not self._is_current():
            self.stale = False
            self.open()
        data = self._fitting(data)
        mend = b"\n" if self._torn else b""
        written = os.write(self._descriptor, mend + data)
        self._torn = not (mend + data)[:written].endswith(b"\n")
        whole = (mend + data)[:written].rfind(b"\n") + 1
        return max(0, whole - len(mend))

    def _fitting(self, data: bytes) -> bytes:
        """Return the lines that go into the file, or into the next one; one line always does."""
        now = os.fstat(self._descriptor).st_size
        if not self._size or now + len(data) <= self._size:
            return data
        if now and not data.rfind(b"\n", 0, max(0, self._size - now)) + 1:
            self._rotate()
            now = 0
        end = data.rfind(b"\n", 0, max(0, self._size - now)) + 1
        return data[: end or data.index(b"\n") + 1]

    def _is_current(self) -> bool:
        """Tell whether the path still names the file that is open."""
        if self._descriptor < 0:
            return False
        with suppress(OSError):
            ours, now = os.fstat(self._descriptor), self.path.stat()
            return (ours.st_dev, ours.st_ino) == (now.st_dev, now.st_ino)
        return False

    def _rotate(self) -> None:
        """Rename the file and those before it, unless another process does so, or has done it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until it is closed
        except OSError:
            return
        try:
            if self._is_current():
                for number in range(self._count - 1, 0, -1):
                    with suppress(FileNotFoundError):
                        self._numbered(number).replace(self._numbered(number + 1))
                self.path.replace(self._numbered(1))
        except OSError as error:
            self.fault = error
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        else:
            self.fault, self._torn = None, False
            self.open()

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


MAX_WRITE_BYTES = 16 * MAX_LINE_BYTES
"""Bytes that are written at once."""
