"""The log: one JSON object a line on standard output, written by the hub and never waited for.

How its lines are written is in `lines`. No failure of the log reaches the crawler.
"""

import json
import os
import re
import time
from collections.abc import MutableMapping
from functools import lru_cache
from json.encoder import encode_basestring
from math import isfinite
from typing import Any, Protocol

import structlog

from crawler.log.lines import MAX_BACKLOG, MAX_LINE_BYTES, Lines
from crawler.records import Again, Dead, Done, Hop, Settlement

__all__ = [
    "MAX_BACKLOG",
    "MAX_LINE_BYTES",
    "JsonLog",
    "Lines",
    "Log",
    "iso",
    "open_log",
    "printable",
    "visit_fields",
]

_MAX_VALUE = 1200
_MAX_ITEMS = 20
_MAX_CUT_VALUE = 60
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069]")
_CONTROL_BUT_LF = re.compile(_CONTROL.pattern.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f"))


class Log(Protocol):
    """What every module is handed: an event's name and its fields."""

    def debug(self, event: str, **fields: Any) -> None: ...
    def info(self, event: str, **fields: Any) -> None: ...
    def warning(self, event: str, **fields: Any) -> None: ...
    def error(self, event: str, **fields: Any) -> None: ...


def open_log(level: str, style: str, descriptor: int = 1) -> tuple[Log, Lines]:
    """Make a log on a descriptor; `style` is auto, json or console."""
    lines = Lines(descriptor)
    if style == "console" or (style == "auto" and os.isatty(descriptor)):
        return _console(level, lines), lines
    return JsonLog(level, lines), lines


class JsonLog:
    """Renders a line from its fields in one go: there is one for every visit."""

    def __init__(self, level: str, lines: Lines) -> None:
        self._least = _LEVELS.index(level)
        self._put = lines.put
        self._second, self._stamp = 0, ""

    def debug(self, event: str, **fields: Any) -> None:
        if self._least == 0:
            self._tell("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        if self._least <= 1:
            self._tell("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        if self._least <= 2:
            self._tell("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        self._tell("error", event, fields)

    def _tell(self, level: str, event: str, fields: dict[str, Any]) -> None:
        if "exc_info" in fields:
            structlog.processors.format_exc_info(None, level, fields)
        now = self._now()
        text = f'{{"timestamp": "{now}", "level": "{level}", "event": {_said("event", event)}'
        for key, value in fields.items():
            if value is not None:
                text += f', "{key}": {_said(key, value)}'
        data = f"{text}}}".encode("utf-8", "backslashreplace")
        if len(data) >= MAX_LINE_BYTES:
            data = _cut({"timestamp": now, "level": level, "event": event, **fields})
        self._put(data)

    def _now(self) -> str:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._stamp}.{int((now - second) * 1e6):06d}Z"


_LEVELS = ("debug", "info", "warning", "error")
_encode = json.JSONEncoder(ensure_ascii=False).encode
_REPEATED = frozenset({"event", "job", "host", "kind", "verdict"})
"""Fields with the same texts again and again."""


def _said(key: str, value: Any) -> str:
    """Return a value in JSON, bounded; a printable text has no control characters."""
    kind = type(value)
    if kind is str:
        if key in _REPEATED:
            return _repeated(value)
        if len(value) <= _MAX_VALUE and value.isprintable():
            return encode_basestring(value)
    elif kind is int or (kind is float and isfinite(value)):
        return repr(value)
    return _encode(_bounded(key, value))


@lru_cache(maxsize=4096)
def _repeated(text: str) -> str:
    return _encode(_bounded("", text))


def _cut(fields: dict[str, Any]) -> bytes:
    """Return a line short enough to be written at once."""
    short = {
        key: _shortened(_bounded(key, value)) for key, value in fields.items() if value is not None
    }
    return _encode(short | {"cut": True}).encode("utf-8", "backslashreplace")


def _console(level: str, lines: Lines) -> Log:
    log: Log = structlog.wrap_logger(
        lines,
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=True),
            structlog.processors.format_exc_info,
            _printable,
            structlog.dev.ConsoleRenderer(pad_event_to=16, sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    return log


def _printable(_: object, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out what is None, bound every value, and take control characters out of it.

    What came from the network is hostile: to terminals, to logs, and to those who grep them. Only
    the line breaks of a traceback stay.
    """
    return {key: _bounded(key, value) for key, value in fields.items() if value is not None}


def printable(text: str) -> str:
    """Take control characters out of a text for a terminal."""
    return _CONTROL.sub("\ufffd", text)


def _bounded(key: str, value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(name): _bounded(key, inner) for name, inner in list(value.items())[:_MAX_ITEMS]}
    if isinstance(value, list | tuple):
        return [_bounded(key, inner) for inner in value[:_MAX_ITEMS]]
    text = str(value)
    text = text if len(text) <= _MAX_VALUE else text[:_MAX_VALUE] + "…"
    return (_CONTROL_BUT_LF if key == "exception" else _CONTROL).sub("\ufffd", text)


def _shortened(value: Any) -> Any:
    return value if isinstance(value, bool | int | float) else str(value)[:_MAX_CUT_VALUE]


def visit_fields(settled: Settlement) -> dict[str, Any]:
    """Return the fields of a finished visit's one line; those that are None are left out."""
    task, outcome, verdict = settled.task, settled.outcome, settled.verdict
    return {
        "job": task.job,
        "url": task.url,
        "location": task.location if task.location != task.url else None,
        "host": task.host,
        "kind": outcome.kind.value,
        "status": outcome.status,
        "bytes": outcome.size,
        "path": outcome.path,
        "elapsed_s": outcome.elapsed,
        "attempt": task.attempt,
        "verdict": _VERDICTS[type(verdict)],
        "retry_at": iso(verdict.at) if isinstance(verdict, Again) else None,
        "reason": outcome.reason or None,
        "unverified": outcome.unverified or None,
        "directives": outcome.directives or None,
    }


_VERDICTS = {Done: "done", Again: "again", Hop: "hop", Dead: "dead"}


def iso(at: float) -> str:
    """Return a wall time as the log and the reports have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
