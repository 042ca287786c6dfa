"""Lines of the log as people read them, on a terminal and by `crawler tail`."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from unicodedata import east_asian_width

from crawler.log.values import printable, size

MIN_WIDTH = 20
"""Columns of the narrowest terminal for which lines are cut."""
_HEAD = frozenset({"timestamp", "level", "event", "process", "exception"})
_MARKED = frozenset({"warning", "error"})
_COLOURS = {"debug": "2", "warning": "33", "error": "31", "time": "2"}


class Readable:
    """Renders the fields of a line as one line of text, in colours or not.

    `dated` is with the date, `named` with the number of the process that wrote it.
    """

    def __init__(self, *, colours: bool, dated: bool = False, named: bool = False) -> None:
        self._colours = colours
        self._from = 0 if dated else 11
        self._named = named

    def line(self, record: Mapping[str, Any], width: int | None = None) -> str:
        """Return a line no wider than `width` columns; only a traceback has lines of its own."""
        when = str(record.get("timestamp", ""))[self._from : 19].replace("T", " ")
        process = f"{record['process']} " if self._named and "process" in record else ""
        head = f"{printable(when)} {printable(process)}"
        body = _visit(record) if record.get("event") == "visit" else _other(record)
        text = cut(head + printable(body), width)
        if self._colours:
            text = self._coloured(text, len(head), str(record.get("level")))
        trace = str(record.get("exception") or "")
        return "\n".join([text, *(f"    {printable(line)}" for line in trace.splitlines())])

    def _coloured(self, text: str, head: int, level: str) -> str:
        colour = _COLOURS.get(level)
        body = _painted(text[head:], colour) if colour else text[head:]
        return _painted(text[:head], _COLOURS["time"]) + body


def _painted(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if text else ""


def _visit(record: Mapping[str, Any]) -> str:
    """Say how a visit ended, what follows, where and why, the most telling first."""
    verdict = str(record.get("verdict", ""))
    after = {"again": f"again {_clock(record.get('retry_at'))}", "done": ""}.get(verdict, verdict)
    words = [str(record.get("kind", "?")), _if("{}", record.get("status")), after.rstrip()]
    words += [
        str(record.get("url", "?")),
        _if("at {}", record.get("location")),
        _if("({})", record.get("reason")),
        _if("> {}", record.get("path")),
        _size(record.get("bytes")) if record.get("path") else "",
        _if("{} s", record.get("elapsed_s")),
    ]
    return " ".join(filter(None, words))


def _if(text: str, value: Any) -> str:
    return "" if value is None else text.format(value)


def _clock(at: Any) -> str:
    return str(at)[11:19] if isinstance(at, str) else ""


def _size(number: Any) -> str:
    return size(number) if isinstance(number, int | float) else ""


def _other(record: Mapping[str, Any]) -> str:
    """Name the event, its level if that is bad, and its fields in their order."""
    level = str(record.get("level", ""))
    words = [level.upper()] if level in _MARKED else []
    words.append(str(record.get("event", "?")))
    words += [
        f"{name}={_value(value)}"
        for name, value in record.items()
        if name not in _HEAD and value is not None
    ]
    return " ".join(words)


def _value(value: Any) -> str:
    """Return a value so that it is told from its neighbours: a text with blanks is quoted."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_value(one)}' for name, one in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f'"{text}"' if " " in text or not text else text


def cut(text: str, width: int | None) -> str:
    """Return as much of a printable text as has room in so many columns."""
    if width is None or (text.isascii() and len(text) <= width):
        return text
    width = max(width, MIN_WIDTH)
    room = width
    for at, character in enumerate(text):
        room -= 2 if east_asian_width(character) in "WF" else 1
        if room < 0:
            return f"{_but_last(text[:at], width)}…"
    return text


def _but_last(text: str, width: int) -> str:
    """Leave room for one more column."""
    return text[:-1] if _columns(text) >= width else text


def _columns(text: Iterable[str]) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def width_of(descriptor: int) -> int | None:
    """Return the columns of a terminal, as it is now; None where there is none."""
    with suppress(OSError):
        if os.isatty(descriptor):
            return os.get_terminal_size(descriptor).columns or None
    return None


def takes_colours(descriptor: int) -> bool:
    """Tell whether a descriptor is a terminal that shows colours, to somebody who wants them.

    NO_COLOR with any text in it says no (no-color.org), and so does TERM=dumb.
    """
    return not os.environ.get("NO_COLOR") and moves_cursor(descriptor)


def moves_cursor(descriptor: int) -> bool:
    """Tell whether a descriptor is a terminal that does more than to print: TERM=dumb does not."""
    return os.isatty(descriptor) and os.environ.get("TERM", "") not in {"", "dumb"}
