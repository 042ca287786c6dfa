"""Values of a line: bounded in length, and free of control characters.

Text from the network is hostile: to terminals, to logs, and to people who grep them.
"""

import re
import time
from typing import Any

MAX_VALUE = 1200
"""Characters of a text, of which more are cut off."""
_MAX_ITEMS = 20
_MAX_CUT_VALUE = 60
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069]")
_CONTROL_BUT_LF = re.compile(_CONTROL.pattern.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f"))


def printable(text: str) -> str:
    """Take control characters out of a text for a terminal."""
    return _CONTROL.sub("\ufffd", text)


def bounded(key: str, value: Any) -> Any:
    """Return a field's value as a line may hold it; only a traceback keeps its line breaks."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(name): bounded(key, inner) for name, inner in list(value.items())[:_MAX_ITEMS]}
    if isinstance(value, list | tuple):
        return [bounded(key, inner) for inner in value[:_MAX_ITEMS]]
    text = str(value)
    text = text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…"
    return (_CONTROL_BUT_LF if key == "exception" else _CONTROL).sub("\ufffd", text)


def shortened(value: Any) -> Any:
    """Return a value of a line that was too long."""
    return value if isinstance(value, bool | int | float) else str(value)[:_MAX_CUT_VALUE]


def iso(at: float) -> str:
    """Return a wall time as the log and the reports have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def size(number: float) -> str:
    """Return a number of bytes: `2.6 KB`."""
    unit = 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.{min(unit, 1)}f} {_UNITS[unit]}"


_UNITS = ("bytes", "KB", "MB", "GB")
