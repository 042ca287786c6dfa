"""A log: what is below its levels is left out, what is secret is masked, the rest becomes lines."""

import os
import time
from collections.abc import Mapping
from copy import copy
from typing import Any, Protocol

from crawler.log.contract import LEVELS
from crawler.log.json_lines import json_line
from crawler.log.lines import Lines
from crawler.log.readable import Readable, width_of
from crawler.log.values import bounded
from crawler.policy.masking import USUAL, Mask


class Put(Protocol):
    """Takes a line without its end."""

    def __call__(self, data: bytes) -> None: ...


class EventLog:
    """Writes a line of each event to standard output, and as JSON to a file if there is one.

    Each visit has a line, so it costs little. No value raises.
    """

    def __init__(
        self,
        lines: Lines,
        *,
        level: str = "info",
        levels: Mapping[str, str] | None = None,
        readable: Readable | None = None,
        mask: Mask = USUAL,
    ) -> None:
        self._lines = lines
        self._readable = readable
        self._mask = mask
        self.file: Put | None = None
        """Takes each line as JSON."""
        self._origin: dict[str, int] = {}
        self._second, self._stamp = 0, ""
        self.set_levels(level, levels or {})

    def without_file(self) -> "EventLog":
        """Return a log of the same kind that writes to standard output alone."""
        twin = copy(self)
        twin.file = None
        return twin

    def set_levels(self, level: str, levels: Mapping[str, str]) -> None:
        """Set from which level on lines are written, and of some events another one."""
        self._least = LEVELS.index(level)
        self._leasts = {event: LEVELS.index(least) for event, least in levels.items()}

    def come_from(self, process: int) -> None:
        """Name the process in every line: its number in the ledger; 0, with its pid, before."""
        self._origin = {"process": process} if process else {"process": 0, "pid": os.getpid()}
        self._lines.origin = self._origin

    def debug(self, event: str, **fields: Any) -> None:
        if self._leasts.get(event, self._least) == 0:
            self._write("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        if self._leasts.get(event, self._least) <= 1:
            self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        if self._leasts.get(event, self._least) <= 2:
            self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        if "exc_info" in fields:
            from structlog.processors import format_exc_info  # noqa: PLC0415  for bugs, which are rare

            format_exc_info(None, level, fields)
        fields = self._masked({**self._origin, **fields} if self._origin else fields)
        now = self._now()
        if self._readable is None:
            data = json_line(now, level, event, fields)
            self._lines.put(data)
            if self.file:
                self.file(data)
            return
        told = {name: bounded(name, value) for name, value in fields.items()}
        record = {"timestamp": now, "level": level, "event": event, **told}
        self._lines.msg(self._readable.line(record, width_of(self._lines.descriptor)))
        if self.file:
            self.file(json_line(now, level, event, fields))

    def _masked(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Take what is secret out of the texts that may hold it; most lines have none."""
        masked: dict[str, Any] = {}
        for key, value in fields.items():
            kind = type(value)
            if kind in _NO_TEXT or (kind is str and "=" not in value and "@" not in value):
                continue
            masked[key] = self._mask.within(value)
        return {**fields, **masked} if masked else fields

    def _now(self) -> str:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._stamp}.{int((now - second) * 1e6):06d}Z"


_NO_TEXT = frozenset({int, float, bool, type(None)})
