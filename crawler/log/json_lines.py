"""A log of JSON objects, one a line."""

import json
import time
from functools import lru_cache
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

import structlog

from crawler.log.lines import MAX_LINE_BYTES, Lines
from crawler.log.values import MAX_VALUE, bounded, shortened
from crawler.policy.masking import USUAL, Mask


class JsonLog:
    """Renders a line from its fields in one go: each visit has one, so it costs little."""

    def __init__(self, level: str, lines: Lines, mask: Mask = USUAL) -> None:
        self._least = _LEVELS.index(level)
        self._put = lines.put
        self._mask = mask
        self._second, self._stamp = 0, ""

    def debug(self, event: str, **fields: Any) -> None:
        if self._least == 0:
            self._write("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        if self._least <= 1:
            self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        if self._least <= 2:
            self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        if "exc_info" in fields:
            structlog.processors.format_exc_info(None, level, fields)
        fields = self._masked(fields)
        now = self._now()
        text = f'{{"timestamp": "{now}", "level": "{level}", "event": {_in_json("event", event)}'
        for key, value in fields.items():
            if value is not None:
                text += f', "{key}": {_in_json(key, value)}'
        data = f"{text}}}".encode("utf-8", "backslashreplace")
        if len(data) >= MAX_LINE_BYTES:
            data = _cut({"timestamp": now, "level": level, "event": event, **fields})
        self._put(data)

    def _masked(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Take what is secret out of the texts that may hold it; most lines have none."""
        masked = {
            key: self._mask.within(value)
            for key, value in fields.items()
            if type(value) not in _NO_TEXT
            and not (type(value) is str and "=" not in value and "@" not in value)
        }
        return {**fields, **masked} if masked else fields

    def _now(self) -> str:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._stamp}.{int((now - second) * 1e6):06d}Z"


_LEVELS = ("debug", "info", "warning", "error")
_encode = json.JSONEncoder(ensure_ascii=False).encode
_NO_TEXT = frozenset({int, float, bool, type(None)})
_REPEATED = frozenset({"event", "job", "host", "kind", "verdict"})
"""Fields with the same texts again and again."""


def _in_json(key: str, value: Any) -> str:
    """Return a value in JSON, bounded; a printable text has no control characters."""
    kind = type(value)
    if kind is str:
        if key in _REPEATED:
            return _repeated(value)
        if len(value) <= MAX_VALUE and value.isprintable():
            return encode_basestring(value)
    elif kind is int or (kind is float and isfinite(value)):
        return repr(value)
    return _encode(bounded(key, value))


@lru_cache(maxsize=4096)
def _repeated(text: str) -> str:
    return _encode(bounded("", text))


def _cut(fields: dict[str, Any]) -> bytes:
    """Return a line short enough to be written at once."""
    short = {
        key: shortened(bounded(key, value)) for key, value in fields.items() if value is not None
    }
    return _encode(short | {"cut": True}).encode("utf-8", "backslashreplace")
