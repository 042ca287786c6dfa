"""Native threads for what would block the hub: files and SQLite.

A function that runs here is pure: values in, value out. It takes no patched lock, logs nothing and
counts nothing (gevent issues 1744 and 2013: contended patched locks shared with native threads
deadlock). Its exception travels back as a value, so that gevent does not print it on the way.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, cast

import gevent
from gevent.threadpool import ThreadPool

from crawler.value import value

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")

if TYPE_CHECKING:
    Greenlet = gevent.Greenlet[Any, Any]
else:
    Greenlet = gevent.Greenlet  # generic only to the type checker


class Native:
    """A private pool of native threads, opened on entry and joined on exit."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool: ThreadPool | None = None

    def __enter__(self) -> Self:
        self._pool = ThreadPool(self._threads)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._pool is not None
        self._pool.join()
        self._pool.kill()

    def abandon(self) -> None:
        """End without waiting for what still runs; only for work that changes nothing.

        `ThreadPool.kill` would wait for every thread, so a pool that has work under way is left
        to the end of the process.
        """
        pool, self._pool = self._pool, None
        if pool is not None and not pool.task_queue.unfinished_tasks:
            pool.kill()

    def start(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Run a function that never raises, and return a result whose `get` waits for its value."""
        assert self._pool is not None
        return self._pool.spawn(function, *args, **kwargs)

    def begin(
        self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Callable[[], T]:
        """Start a function; return what waits for its value, or raises its exception."""
        assert self._pool is not None
        return partial(_value, self._pool.spawn(_guarded, function, args, kwargs))

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in a native thread and return its value, or raise its exception.

        A greenlet that is killed meanwhile still waits for the thread: a file that is being
        written is then either whole or gone, never written after its cleanup.
        """
        assert self._pool is not None
        return cast("T", _value(self._pool.spawn(_guarded, function, args, kwargs)))

    def each(self, function: Callable[[A], T], arguments: Sequence[A]) -> list[T]:
        """Run a function for each argument, side by side, and return the values in order."""
        if len(arguments) == 1:
            return [self.call(function, arguments[0])]
        greenlets = [gevent.spawn(self.call, function, argument) for argument in arguments]
        gevent.joinall(greenlets, raise_error=True)
        return [cast("T", greenlet.value) for greenlet in greenlets]


@value
class _Raised:
    error: BaseException


def _value(result: Any) -> Any:
    try:
        returned = result.get()
    except (gevent.GreenletExit, gevent.Timeout):
        outlast(result)
        raise
    if isinstance(returned, _Raised):
        raise returned.error
    return returned


def outlast(result: Any) -> None:
    """Wait for a thread however often that is interrupted: a deadline, and then a kill."""
    while not result.ready():
        with suppress(gevent.GreenletExit, gevent.Timeout):
            result.wait()


def _guarded(
    function: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]
) -> T | _Raised:
    try:
        return function(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001  raised again by the greenlet that asked
        return _Raised(error)
