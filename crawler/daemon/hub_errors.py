"""What becomes of exceptions that end greenlets of which nobody takes care."""

from collections.abc import Callable
from typing import Any

import gevent

from crawler.log import Log


def quiet_hub(log: Log, is_handled: Callable[[object], bool] = lambda _: False) -> None:
    """Log the exceptions that end greenlets, but for those that are handled otherwise."""

    def print_exception(context: Any, kind: Any, value: Any, trace: Any) -> None:
        if not is_handled(context):
            log.error("greenlet.failed", cause=repr(value), exc_info=(kind, value, trace))

    gevent.get_hub().print_exception = print_exception  # type: ignore[method-assign,assignment]
