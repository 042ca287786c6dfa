"""The log: one JSON object a line on standard output, written by the hub and never waited for.

How its lines are written is in `lines`. No failure of the log reaches the crawler.
"""

import os
from typing import TYPE_CHECKING

from crawler.log.contract import Log
from crawler.log.file_lines import FileLines
from crawler.log.lines import MAX_BACKLOG, MAX_LINE_BYTES, Lines
from crawler.log.readable import Readable, moves_cursor, takes_colours, width_of
from crawler.log.rotating import RotatingFile
from crawler.log.values import iso, printable, size
from crawler.log.visits import log_visit
from crawler.policy.masking import USUAL, Mask

if TYPE_CHECKING:
    from crawler.log.event_log import EventLog

__all__ = [
    "MAX_BACKLOG",
    "MAX_LINE_BYTES",
    "FileLines",
    "Lines",
    "Log",
    "Readable",
    "RotatingFile",
    "iso",
    "log_visit",
    "moves_cursor",
    "open_log",
    "printable",
    "size",
    "takes_colours",
    "width_of",
]


def open_log(
    level: str, style: str, descriptor: int = 1, mask: Mask = USUAL
) -> "tuple[EventLog, Lines]":
    """Make a log on a descriptor; `style` is auto, json or console, `mask` takes secrets out."""
    from crawler.log.event_log import EventLog  # noqa: PLC0415  a verb that asks loads no structlog

    lines = Lines(descriptor)
    console = style == "console" or (style == "auto" and os.isatty(descriptor))
    readable = Readable(colours=takes_colours(descriptor)) if console else None
    return EventLog(lines, level=level, readable=readable, mask=mask), lines
