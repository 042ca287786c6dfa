"""A body on its way in: counted, decoded, digested, kept in memory or streamed to its `.part`."""

import hashlib
import time
from collections.abc import Callable, Iterable
from typing import Self

import gevent

from crawler.config import NO_SPEED, Speed
from crawler.fetch.decode import Decoder, decoded
from crawler.model import Kept, Kind, Seconds, Trouble
from crawler.policy.page_robots import HEAD_BYTES
from crawler.store import Files, Measured

MAX_IN_MEMORY_BYTES = 1024 * 1024
"""Longest body that travels in memory; a longer one goes to its part in pieces."""
WRITE_BYTES = MAX_IN_MEMORY_BYTES // 4
_TURN_S: Seconds = 0.02
"""Longest stretch of reading without a pause for the other greenlets (gevent issue 1071)."""


class Limits:
    """What one body may take: bytes on the wire and decoded, and time."""

    def __init__(
        self,
        max_size: int,
        deadline: Seconds,
        min_speed: Speed = NO_SPEED,
        had: int = 0,
        *,
        cut: bool = False,
    ) -> None:
        self._max_size = max_size - had
        self._cut = cut
        self._deadline = deadline
        self._min_speed = min_speed
        self._wire = 0
        self._decoded = 0
        now = time.monotonic()
        self._pause_at = now + _TURN_S
        self._window = (now + min_speed.window_s, 0)

    def declared(self, length: str | None) -> None:
        """Refuse a body before it is read, if it is declared too long."""
        if length is not None and length.isdecimal() and int(length) > self._max_size:
            raise Trouble(Kind.TOO_BIG, f"{length} bytes declared, {self._max_size} allowed")

    def read(
        self, pieces: Iterable[bytes], decoder: Decoder | None, take: Callable[[bytes], None]
    ) -> None:
        """Read a body to its end, or, with `cut`, as far as it may be read.

        Raises:
            Trouble: `too_big`, `timeout`, `decode`, or `truncated` where the coding had no end.
        """
        for piece in pieces:
            self._wire = self._counted(self._wire, piece)
            if decoder is None:
                self._decoded = self._wire
                take(piece)
            else:
                for output in decoded(decoder, piece):
                    self._decoded = self._counted(self._decoded, output)
                    take(output)
                    self._breathe()
            self._breathe()
            if self._cut and max(self._wire // 2, self._decoded) >= self._max_size:
                return
        if decoder and self._wire and not decoder.finished():
            raise Trouble(Kind.TRUNCATED, "the compressed body ends before its own end mark")

    def _counted(self, sofar: int, piece: bytes) -> int:
        if sofar + len(piece) > self._max_size and not self._cut:
            raise Trouble(Kind.TOO_BIG, f"more than {self._max_size} bytes")
        return sofar + len(piece)

    def _breathe(self) -> None:
        """Let others run: a socket that is always ready never yields, and then no timer fires."""
        now = time.monotonic()
        if now < self._pause_at:
            return
        if now >= self._deadline:
            raise Trouble(Kind.TIMEOUT, "not done within the time of a visit")
        self._check_speed(now)
        gevent.sleep(0.001)
        self._pause_at = time.monotonic() + _TURN_S

    def _check_speed(self, now: Seconds) -> None:
        until, before = self._window
        if now < until:
            return
        least, window_s = self._min_speed
        if self._wire - before < least * window_s:
            raise Trouble(Kind.TIMEOUT, f"slower than {least:g} bytes/s for {window_s:g} s")
        self._window = (now + window_s, self._wire)


class Intake:
    """Where a body goes: memory first, a part when it grows.

    A part that breaks off is discarded, unless it can be continued (`kept`) and nothing was wrong
    with it but its end. `part` names the part when one is needed, and `begun` is called when it is
    opened and tells whether it can be continued; `had` is what is continued. Of a `page` the
    beginning is kept, to be looked into.
    """

    def __init__(
        self,
        files: Files,
        part: Callable[[], str],
        kept: Kept | None,
        begun: Callable[[str], Kept | None],
        had: Measured | None,
        *,
        page: bool = False,
    ) -> None:
        self._files = files
        self._named = part
        self._kept = kept
        self._begun = begun
        self._page = page
        self._first = b""
        """What has come, as long as it is one piece: most bodies are, and are not copied."""
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
        if self._part is None:
            return
        try:
            self._part.close()
        finally:
            if kind is not None and not (self._kept and _broke_off(error)):
                self._files.discard([self._part.name])

    def take(self, data: bytes) -> None:
        """Take decoded bytes in."""
        if self._part is None:
            self._hash.update(data)
        self._size += len(data)
        if self._page and len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]
        if not (self._first or self._buffer):
            if self._part and len(data) >= WRITE_BYTES:
                self._part.write(data, self._hash)
            else:
                self._first = data
            return
        if self._first:
            self._buffer += self._first
            self._first = b""
        self._buffer += data
        if len(self._buffer) > (MAX_IN_MEMORY_BYTES if self._part is None else WRITE_BYTES):
            self._flush()

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

    def _flush(self) -> None:
        digest = self._hash if self._part else None  # in memory it was told of them at once
        if self._part is None:
            name = self._named()
            self._files.discard([name])  # an old one must not meet the new validators
            self._kept = self._begun(name)
            self._part = self._files.part(name)
        self._part.write(self._first or self._buffer, digest)
        self._first = b""
        self._buffer.clear()


def _broke_off(error: BaseException | None) -> bool:
    """Tell an end that came too early from a body that is wrong; a kill is an early end."""
    if isinstance(error, Trouble):
        return error.kind in {Kind.TIMEOUT, Kind.TRUNCATED}
    return True
