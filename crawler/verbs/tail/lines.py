"""Lines of logs: records, or what is damaged, each with a time to merge it by. Pure."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from crawler.log import printable

MAX_BYTES = 65_536
"""A line of the log is far shorter; of what is not one only so much is taken at once."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\dZ]*")


class Line(NamedTuple):
    """A line of a log."""

    at: str
    """Its time as it stands there, or that of the line before."""
    record: dict[str, Any] | None
    """Its fields; None if it is no line of ours, or damaged."""
    text: str
    """The line as it is, without control characters."""
    is_live: bool = False
    """Whether its log may still grow."""


def line_of(raw: bytes, before: str = "", *, live: bool = False) -> Line:
    """Read a line that follows one of the time `before`."""
    text = raw.rstrip(b"\r\n").decode("utf-8", "replace")
    record = _record(text)
    at = record.get("timestamp") if record else None
    known = isinstance(at, str) and _TIME.fullmatch(at)
    return Line(str(at) if known else before, record, printable(text), live)


def _record(text: str) -> dict[str, Any] | None:
    """Return the fields of a line of ours, None for another one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("event"), str) else None


def lines_of(read: Callable[[int], bytes], *, live: bool = False) -> Iterator[Line]:
    """Yield the lines of a log; `read` returns its next line, of so many bytes at the most."""
    before = ""
    while raw := read(MAX_BYTES):
        line = line_of(raw, before, live=live)
        before = line.at
        yield line
