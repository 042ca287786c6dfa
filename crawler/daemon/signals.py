"""Signals become messages.

A handler of `signal.signal` runs even while a fast server keeps the hub from its timers (gevent's
own handlers do not); it only remembers the signal and wakes the loop.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent

from crawler.log import Log


@contextmanager
def signals_heard(
    stop: Callable[[str], None], reload: Callable[[], None], log: Log
) -> Iterator[None]:
    """Turn TERM and INT into calls of `stop`, HUP into calls of `reload`, while it is open.

    USR2 asks programs to open their log files anew; this one has none, and logs that.
    """
    arrived: list[int] = []
    waker = gevent.get_hub().loop.async_()

    def act() -> None:
        while arrived:
            number = arrived.pop(0)
            if number in (signal.SIGTERM, signal.SIGINT):
                stop(signal.Signals(number).name)
            elif number == signal.SIGHUP:
                reload()
            else:
                log.info("signal.ignored", signal=signal.Signals(number).name)

    def handle(number: int, _: object) -> None:
        arrived.append(number)
        waker.send()

    waker.start(act)
    chosen = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2)
    before = {number: signal.signal(number, handle) for number in chosen}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        waker.stop()
        waker.close()
