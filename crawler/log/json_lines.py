"""A line of the log as one JSON object."""

import json
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from crawler.log.lines import MAX_LINE_BYTES
from crawler.log.values import MAX_VALUE, bounded, shortened


def json_line(now: str, level: str, event: str, fields: dict[str, Any]) -> bytes:
    """Render a line in one go: each visit has one. Fields that are None are left out."""
    text = f'{{"timestamp": "{now}", "level": "{level}", "event": {encode_basestring(event)}'
    for key, value in fields.items():
        kind = type(value)
        if value is None:
            continue
        if kind is str and len(value) <= MAX_VALUE and value.isprintable():
            text += f', "{key}": {encode_basestring(value)}'  # it has no control characters
        elif kind is int or (kind is float and isfinite(value)):
            text += f', "{key}": {value!r}'
        else:
            text += f', "{key}": {_encode(bounded(key, value))}'
    data = f"{text}}}".encode("utf-8", "backslashreplace")
    if len(data) >= MAX_LINE_BYTES:
        data = _cut({"timestamp": now, "level": level, "event": event, **fields})
    return data


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _cut(fields: dict[str, Any]) -> bytes:
    """Return a line short enough to be written at once."""
    short = {
        key: shortened(bounded(key, value)) for key, value in fields.items() if value is not None
    }
    return _encode(short | {"cut": True}).encode("utf-8", "backslashreplace")
