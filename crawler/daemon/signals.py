"""Signals become messages.

A handler of `signal.signal` runs even while a fast server keeps the hub from its timers (gevent's
own handlers do not); it only remembers the signal and wakes the loop.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent
from gevent.pool import Group

from crawler import early_signals
from crawler.daemon.guards.stacks import dump_greenlets, threads_dumped
from crawler.log import Log
from crawler.model import Seconds

HANGUP_S: Seconds = 0.1
"""How long after a HUP its terminal is looked for: the kernel sends the signal first."""


@contextmanager
def signals_heard(
    stop: Callable[[str], None],
    reload: Callable[[], None],
    log: Log,
    reopen: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Turn TERM and INT into calls of `stop`, HUP into calls of `reload`, while it is open.

    Signals that came before are acted on first. A HUP that tells of the end of the controlling
    terminal is a call of `stop`; one that was ignored when the process started stays ignored. USR1
    has the stacks of all threads and greenlets written to standard error. USR2 is a
    call of `reopen`, which opens the file of the log anew, and is ignored where there is none.
    """
    early_signals.hear()
    arrived = early_signals.arrived
    waker = gevent.get_hub().loop.async_()
    begun = Group()

    def act() -> None:
        while arrived:
            number = arrived.pop(0)
            if number in (signal.SIGTERM, signal.SIGINT):
                stop(signal.Signals(number).name)
            elif number == signal.SIGHUP:
                begun.add(gevent.spawn_later(HANGUP_S, hang_up))
            elif number == signal.SIGUSR1:
                begun.spawn(dump_greenlets, log)
            else:
                _reopen(number, reopen, log)

    def hang_up() -> None:
        if early_signals.lost_terminal():
            stop("SIGHUP: its terminal is gone")
        else:
            reload()

    def handle(number: int, _: object) -> None:
        arrived.append(number)
        waker.send()

    waker.start(act)
    chosen = [one for one in early_signals.HEARD if not _stays_ignored(one, log)]
    before = {number: signal.signal(number, handle) for number in chosen}
    waker.send()  # for what came before
    try:
        with threads_dumped():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        waker.stop()
        waker.close()
        begun.kill()


def _reopen(number: int, reopen: Callable[[], bool], log: Log) -> None:
    if reopen():
        log.info("log.reopened")
    else:
        log.info("signal.ignored", signal=signal.Signals(number).name)


def _stays_ignored(number: int, log: Log) -> bool:
    if number == signal.SIGHUP and early_signals.ignores_hangup():
        log.info("signal.ignored", signal="SIGHUP")
        return True
    return False
