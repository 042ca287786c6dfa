"""Where a body goes: digested, kept in memory, or written to its `.part` when it grows."""

import hashlib
from collections.abc import Callable
from typing import Self

from crawler.fetch.declared import Declaration
from crawler.model import Kept, Kind, Trouble
from crawler.policy.page_robots import HEAD_BYTES
from crawler.store import Files, Measured
from crawler.transport.memory import Share

MAX_IN_MEMORY_BYTES = 1024 * 1024
"""Longest body that travels in memory; a longer one goes to its part in pieces."""
WRITE_BYTES = MAX_IN_MEMORY_BYTES // 4
"""Least bytes that are written to a part at once."""


class Intake:
    """The intake of one body: memory first, a part when it grows.

    A part that breaks off is discarded, unless it can be continued (`kept`) and nothing was wrong
    with it but its end. `part` names the part when one is needed, and `begun` is called when it is
    opened and tells whether it can be continued; `had` is what is continued. `share` is its part of
    the memory of all answers; a body that `stays` goes to no part. Of a `page` the beginning is
    kept, to be looked into. `declared` is what it is still to bring to the disk.
    """

    def __init__(
        self,
        files: Files,
        part: Callable[[], str],
        kept: Kept | None,
        begun: Callable[[str], Kept | None],
        had: Measured | None,
        share: Share,
        declared: Declaration,
        *,
        page: bool = False,
        stays: bool = False,
    ) -> None:
        self._files = files
        self._named = part
        self._kept = kept
        self._begun = begun
        self._share = share
        self._declared = declared
        self._page = page
        self._stays = stays
        self._first = b""
        """Bytes that came, as long as they are one piece: most bodies are, and are not copied."""
        self._buffer = bytearray()
        self._part = files.part(part(), append=True) if had else None
        self._hash = had.digest if had else hashlib.sha256()
        self._size = had.size if had else 0
        self.head = b""
        """The beginning of a page."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, *_: object
    ) -> None:
        self._share.hold(0)
        self._declared.end()
        if self._part is None:
            return
        try:
            self._part.close()
        finally:
            if kind is not None and not (self._kept and _broke_off(error)):
                self._files.discard([self._part.name])

    @property
    def size(self) -> int:
        """Return the bytes that are there by now."""
        return self._size

    def take(self, data: bytes) -> None:
        """Take decoded bytes in."""
        if self._part is None:
            self._hash.update(data)
        self._size += len(data)
        if self._page and len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]
        if self._first or self._buffer:
            self._append(data)
        elif self._part and len(data) >= WRITE_BYTES:
            self._part.write(data, self._hash)
            self._declared.wrote(len(data))
        else:
            self._first = data
            self._hold(len(data))

    def pour(self, read: Callable[[memoryview], int], most: int) -> tuple[int, OSError | None]:
        """Have what `read` brings at once written to the part, if there is one already.

        Returns how many bytes these were, and what `read` raised after them.
        """
        if self._part is None:
            return 0, None
        if self._first or self._buffer:
            self._flush()
        size, error = self._part.pour(read, most, self._hash)
        self._size += size
        self._declared.wrote(size)
        return size, error

    def finish(self) -> tuple[bytes | None, str | None, int, str]:
        """Return the content or the name of its part, the size and the SHA-256 in hex.

        Raises:
            Trouble: `protocol`; what was continued is not as long as it should be.
        """
        if self._part is None:
            content = self._first or bytes(self._buffer)
            return content, None, self._size, self._hash.hexdigest()
        self._flush()
        if self._kept and self._size != self._kept.total:
            raise Trouble(Kind.PROTOCOL, f"{self._size} bytes came of {self._kept.total}")
        return None, self._part.name, self._size, self._hash.hexdigest()

    def _append(self, data: bytes) -> None:
        if self._first:
            self._buffer += self._first
            self._first = b""
        self._buffer += data
        if len(self._buffer) > (MAX_IN_MEMORY_BYTES if self._part is None else WRITE_BYTES):
            self._flush()
        else:
            self._hold(len(self._buffer))

    def _hold(self, size: int) -> None:
        """Count what is in memory, and write it early where all answers together hold too much."""
        self._share.hold(size)
        if not self._share.is_short:
            return
        if self._stays:
            raise Trouble(Kind.PROTOCOL, "a long body while the memory for answers is used up")
        self._flush()

    def _flush(self) -> None:
        digest = self._hash if self._part else None  # in memory each piece was digested as it came
        if self._part is None:
            name = self._named()
            self._files.discard([name])  # an old one must not meet the new validators
            self._kept = self._begun(name)
            self._part = self._files.part(name)
        self._part.write(self._first or self._buffer, digest)
        self._declared.wrote(len(self._first or self._buffer))
        self._first = b""
        self._buffer.clear()
        self._share.hold(0)


def _broke_off(error: BaseException | None) -> bool:
    """Tell an end that came too early from a body that is wrong; a kill is an early end."""
    if isinstance(error, Trouble):
        return error.kind in {Kind.TIMEOUT, Kind.TRUNCATED}
    return True
