"""What every module asks of the log."""

from typing import Any, Protocol

LEVELS = ("debug", "info", "warning", "error")
"""From the least to the most."""


class Log(Protocol):
    """Takes events: a name and its fields. Every module is handed one."""

    def debug(self, event: str, **fields: Any) -> None: ...
    def info(self, event: str, **fields: Any) -> None: ...
    def warning(self, event: str, **fields: Any) -> None: ...
    def error(self, event: str, **fields: Any) -> None: ...
