"""Lines in a file: written in a native thread, since a disk may hang, and never waited for."""

import json
import time
from collections import deque
from typing import Any

import gevent

from crawler.log.contract import Log
from crawler.log.lines import MAX_BACKLOG
from crawler.log.rotating import MAX_WRITE_BYTES, RotatingFile
from crawler.model import Seconds
from crawler.threads import Native

RETRY_S: Seconds = 1.0
"""Time between two tries while the file cannot be written."""


class FileLines:
    """Appends lines to a file. What keeps it from that is told once, in the log on standard output.

    Lines wait meanwhile, MAX_BACKLOG at the most; then they are counted, and their number is told.
    """

    def __init__(self, file: RotatingFile, log: Log) -> None:
        self.file = file
        self._log = log
        self._backlog: deque[bytes] = deque()
        self._native = Native(1).__enter__()
        self._flusher: gevent.Greenlet[[], None] | None = None
        self._failed_at: Seconds | None = None
        self._told: str = ""
        self.origin: dict[str, int] = {}
        """Fields that say which process writes."""
        self.dropped = 0
        """Lines lost since the last that was written."""
        self._lost = 0
        """Lines lost before these."""

    @property
    def lost(self) -> int:
        """Return how many lines were lost so far."""
        return self._lost + self.dropped

    def put(self, data: bytes) -> None:
        """Take a line; it is written soon."""
        if len(self._backlog) >= MAX_BACKLOG:
            self.dropped += 1
            return
        if self.dropped:
            self._backlog.append(self._loss())
        self._backlog.append(data + b"\n")
        if not self._flusher:
            self._flusher = gevent.spawn(self._flush)

    def close(self, timeout: Seconds) -> None:
        """Write what waits, for `timeout` seconds at the most; a disk that hangs is left alone."""
        flusher = self._flusher
        if flusher:
            flusher.join(timeout)
            flusher.kill(block=False)
        self._native.abandon()

    def _flush(self) -> None:
        while self._backlog:
            piece = self._piece()
            try:
                written = self._native.call(self.file.write, b"".join(piece))
            except OSError as error:
                self._fail(error)
                gevent.sleep(RETRY_S)
                continue
            self._well(self._settle(piece, written))
            if self.dropped and len(self._backlog) < MAX_BACKLOG:
                self._backlog.append(self._loss())
        self._flusher = None

    def _piece(self) -> list[bytes]:
        """Return the lines to be written next, as many as go at once."""
        piece: list[bytes] = []
        size = 0
        for line in self._backlog:
            size += len(line)
            if piece and size > MAX_WRITE_BYTES:
                break
            piece.append(line)
        return piece

    def _settle(self, piece: list[bytes], written: int) -> bool:
        """Let go of the lines that were written whole; tell whether these are all."""
        for line in piece:
            if written < len(line):
                return False
            written -= len(line)
            self._backlog.popleft()
        return True

    def _loss(self) -> bytes:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        record: dict[str, Any] = {"timestamp": now, "level": "warning", "event": "log.dropped"}
        lines, self.dropped = self.dropped, 0
        self._lost += lines
        return json.dumps({**record, **self.origin, "lines": lines}).encode() + b"\n"

    def _fail(self, error: OSError) -> None:
        if self._failed_at is None:
            self._failed_at = time.monotonic()
            cause = error.strerror or repr(error)
            self._log.error("log.failed", file=str(self.file.path), cause=cause)

    def _well(self, whole: bool) -> None:  # noqa: FBT001
        if whole and self._failed_at is not None:
            after = round(time.monotonic() - self._failed_at, 1)
            self._failed_at = None
            self._log.info("log.resumed", file=str(self.file.path), after_s=after)
        fault = self.file.fault
        cause = f"cannot be rotated: {fault.strerror or fault}" if fault else ""
        if cause and cause != self._told:
            self._log.error("log.failed", file=str(self.file.path), cause=cause)
        self._told = cause
