"""A greenlet of its own for what must not break off when its caller is killed.

So the verbs of a frontier on a server have what those on a file have in a native thread: they run
one after the other, each to its end.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import gevent
from gevent.event import AsyncResult
from gevent.queue import SimpleQueue

from crawler.threads import outlast

P = ParamSpec("P")
T = TypeVar("T")


class Lane:
    """Runs functions one after the other, in a greenlet that nobody else knows."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[Any] = SimpleQueue()
        self._greenlet: Any = None

    def start(self) -> None:
        """Begin."""
        self._greenlet = gevent.spawn(self._run)

    def end(self) -> None:
        """End, after what was asked for."""
        self._asked.put(None)
        self._greenlet.join()

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function and return its value, or raise its exception.

        A caller that is killed meanwhile still waits for its end.
        """
        result: AsyncResult[T] = AsyncResult()
        self._asked.put((result, function, args, kwargs))
        _await(result)
        return cast("T", result.get())

    def _run(self) -> None:
        while asked := self._asked.get():
            result, function, args, kwargs = asked
            try:
                result.set(function(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001  raised again by the greenlet that asked
                result.set_exception(error)


def _await(result: "AsyncResult[T]") -> None:
    """Wait for an end however often the caller is told to break off; raise what told it first."""
    try:
        result.wait()
    except (gevent.GreenletExit, gevent.Timeout):
        outlast(result)
        raise
