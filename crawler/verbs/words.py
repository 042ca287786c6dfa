"""How the desk says things: times in words, safe lines, JSON without raw control characters."""

import json
import os
import sys
from collections.abc import Iterable
from typing import Any

import click

from crawler.log import iso, printable
from crawler.model import Seconds
from crawler.policy.retry import KINDS
from crawler.verbs.report import span


def tell(lines: Iterable[str]) -> None:
    """Print lines; what came from the network cannot move a terminal's cursor."""
    for line in lines:
        click.echo(printable(line))


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON in ASCII; the escapes keep what a control character was."""
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")


def when(at: Seconds, now: Seconds) -> str:
    """Return a time and how far it is: `2026-11-20T11:35:06Z, 3 min ago`."""
    far = round(at - now)
    if not far:
        return f"{iso(at)}, now"
    return f"{iso(at)}, in {span(far)}" if far > 0 else f"{iso(at)}, {span(-far)} ago"


def stamp(at: Seconds | None) -> str | None:
    """Return a time for programs."""
    return None if at is None else iso(at)


def word_of(kind: str) -> str:
    """Return what a kind is rolled up to: ok, not found or error."""
    return _WORDS.get(kind, "error")


_WORDS = {kind.value: row.word for kind, row in KINDS.items()}


def nobody_reads() -> None:
    """End quietly: whoever read the output has seen enough, as `head` does."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # Python flushes once more at its end
    os.close(nowhere)
