"""Words of the verbs: times, sizes and numbers, safe lines, JSON without control characters."""

import json
from collections.abc import Iterable
from typing import Any

import click

from crawler.log import iso, printable
from crawler.model import Seconds
from crawler.policy.masking import USUAL, Mask
from crawler.policy.retry import KINDS

WORDS = ("ok", "not found", "error")
"""The three words of a report, for all kinds of ends."""


UNREAD = "they are yet to be read by its new `path` or headers, after a start before its visits"
"""Of lists: what they are understood by has changed."""


def print_lines(lines: Iterable[str], mask: Mask = USUAL, *, err: bool = False) -> None:
    """Print lines without secrets; text from the network cannot move a terminal's cursor."""
    for line in lines:
        click.echo(printable(mask(line)), err=err)


def as_json(value: Any, mask: Mask = USUAL, *, indent: int | None = None) -> str:
    """Return a value as JSON in ASCII; control characters are escaped, and not lost."""
    return json.dumps(mask.within(value), indent=indent).replace("\x7f", "\\u007f")


def counted(number: int, noun: str) -> str:
    """Return a number of things: `1 URL`, `1,000 hosts`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def span(seconds: Seconds) -> str:
    """Return a stretch of time in its two greatest units: `2 h 3 min`."""
    if seconds < 59.5:
        return f"{seconds:.3g} s"
    left, parts = round(seconds), []
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        number, left = divmod(left, length)
        parts.append(f"{number} {unit}" if number else "")
    first = next(at for at, part in enumerate(parts) if part)
    return " ".join(part for part in parts[first : first + 2] if part)


def when(at: Seconds, now: Seconds) -> str:
    """Return a wall time and its distance: `2026-11-20T11:35:06Z, 3 min ago`."""
    far = round(at - now)
    if not far:
        return f"{iso(at)}, now"
    return f"{iso(at)}, in {span(far)}" if far > 0 else f"{iso(at)}, {span(-far)} ago"


def ago(at: Seconds, now: Seconds) -> str:
    """Return how long ago a time is: `3 min ago`, `now`."""
    passed = round(now - at)
    return f"{span(passed)} ago" if passed > 0 else "now"


def stamp(at: Seconds | None) -> str | None:
    """Return a time for programs."""
    return None if at is None else iso(at)


def word_of(kind: str) -> str:
    """Return the word for a kind of end: ok, not found or error."""
    return _WORDS.get(kind, "error")


_WORDS = {kind.value: row.word for kind, row in KINDS.items()}
