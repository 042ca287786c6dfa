"""A line of the log as one JSON object."""

import json
from functools import lru_cache
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from crawler.log.lines import MAX_LINE_BYTES
from crawler.log.values import MAX_VALUE, bounded, shortened


def json_line(now: str, level: str, event: str, fields: dict[str, Any]) -> bytes:
    """Render a line in one go: each visit has one. Fields that are None are left out."""
    text = f'{{"timestamp": "{now}", "level": "{level}", "event": {_in_json("event", event)}'
    for key, value in fields.items():
        if value is not None:
            # a whole number needs no call: each visit has several
            text += f', "{key}": {value if type(value) is int else _in_json(key, value)}'
    data = f"{text}}}".encode("utf-8", "backslashreplace")
    if len(data) >= MAX_LINE_BYTES:
        data = _cut({"timestamp": now, "level": level, "event": event, **fields})
    return data


_encode = json.JSONEncoder(ensure_ascii=False).encode
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
    elif kind is float and isfinite(value):
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
