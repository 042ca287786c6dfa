"""The log: one JSON object a line on standard output, written by the hub and never waited for.

How its lines are written is in `lines`. No failure of the log reaches the crawler.
"""

import os
from collections.abc import MutableMapping
from functools import partial
from typing import Any, Protocol

import structlog

from crawler.log.json_lines import JsonLog
from crawler.log.lines import MAX_BACKLOG, MAX_LINE_BYTES, Lines
from crawler.log.values import bounded, iso, printable
from crawler.log.visits import visit_fields
from crawler.policy.masking import USUAL, Mask

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


class Log(Protocol):
    """Takes events: a name and its fields. Every module is handed one."""

    def debug(self, event: str, **fields: Any) -> None: ...
    def info(self, event: str, **fields: Any) -> None: ...
    def warning(self, event: str, **fields: Any) -> None: ...
    def error(self, event: str, **fields: Any) -> None: ...


def open_log(level: str, style: str, descriptor: int = 1, mask: Mask = USUAL) -> tuple[Log, Lines]:
    """Make a log on a descriptor; `style` is auto, json or console, `mask` takes secrets out."""
    lines = Lines(descriptor)
    if style == "console" or (style == "auto" and os.isatty(descriptor)):
        return _console(level, lines, mask, colors=os.isatty(descriptor)), lines
    return JsonLog(level, lines, mask), lines


def _console(level: str, lines: Lines, mask: Mask, *, colors: bool) -> Log:
    log: Log = structlog.wrap_logger(
        lines,
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=True),
            structlog.processors.format_exc_info,
            partial(_printable, mask),
            structlog.dev.ConsoleRenderer(
                pad_event_to=16, sort_keys=False, colors=colors and "NO_COLOR" not in os.environ
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    return log


def _printable(
    mask: Mask, _: object, __: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Leave out fields that are None, and mask and bound the others."""
    return {
        key: bounded(key, mask.within(value)) for key, value in fields.items() if value is not None
    }
