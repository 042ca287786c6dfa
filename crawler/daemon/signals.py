"""Signals become messages.

A handler of `signal.signal` runs even while a fast server keeps the hub from its timers (gevent's
own handlers do not); it only remembers the signal and wakes the loop. It runs between two
instructions of Python, of which there is none while the loop waits. A signal that comes just before
that, or to another thread, would end no wait by itself: so it writes a byte that does.
"""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import gevent
from gevent.pool import Group

from crawler import early_signals
from crawler.daemon.guards.stacks import dump_greenlets, threads_dumped
from crawler.log import Log
from crawler.model import Seconds

_READABLE = 1
"""What a watcher of the loop waits for."""
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
        with _waits_ended(), threads_dumped():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        waker.stop()
        waker.close()
        begun.kill()


@contextmanager
def _waits_ended() -> Iterator[None]:
    """Have every signal end the wait of the loop, whichever thread it comes to (signal(7))."""
    ours, its = socket.socketpair()
    with ours, its:
        ours.setblocking(False)  # noqa: FBT003
        its.setblocking(False)  # noqa: FBT003
        watcher = gevent.get_hub().loop.io(ours.fileno(), _READABLE)
        watcher.start(_emptied, ours.fileno())
        before = signal.set_wakeup_fd(its.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            watcher.stop()
            watcher.close()


def _emptied(descriptor: int) -> None:
    """Read what signals wrote; handlers run meanwhile."""
    with suppress(BlockingIOError):
        os.read(descriptor, 4096)


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
