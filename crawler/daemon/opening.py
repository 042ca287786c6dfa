"""The opening of all parts; a fault of this machine that may pass is waited out."""

from collections.abc import Callable
from contextlib import ExitStack

from crawler.daemon.mailbox import Mailbox
from crawler.daemon.service_manager import ServiceManager
from crawler.errors import LocalFaultError
from crawler.log import Log
from crawler.model import Seconds

FIRST_WAIT_S: Seconds = 1.0
"""Wait before a daemon that met a fault of this machine at its start tries again; it doubles."""
MAX_WAIT_S: Seconds = 30.0


class StoppedError(Exception):
    """A stop came before the crawler was open; nothing is to be given back."""


def opened(
    open_parts: Callable[[ExitStack], None],
    mailbox: Mailbox,
    log: Log,
    manager: ServiceManager | None,
) -> ExitStack:
    """Return the stack of all parts, opened by `open_parts`.

    The `manager` of a daemon hears that it is alive, and what it waits for; without one somebody
    waits for the run's end, and hears of a fault when it is one.

    Raises:
        StoppedError: a stop came while it waited.
        LocalFaultError: a fault that may pass, and there is no manager.
    """
    if manager is None:
        return _tried(open_parts)
    with manager.going_round():
        return _waited_for(open_parts, mailbox, log, manager)


def _waited_for(
    open_parts: Callable[[ExitStack], None], mailbox: Mailbox, log: Log, manager: ServiceManager
) -> ExitStack:
    wait = FIRST_WAIT_S
    while True:
        try:
            return _tried(open_parts)
        except LocalFaultError as error:
            if wait == FIRST_WAIT_S:
                log.error("daemon.waiting", cause=str(error))  # noqa: TRY400  it is no bug
            manager.waiting(str(error))
        if mailbox.stopped(wait):
            raise StoppedError
        wait = min(2 * wait, MAX_WAIT_S)


def _tried(open_parts: Callable[[ExitStack], None]) -> ExitStack:
    with ExitStack() as stack:
        open_parts(stack)
        return stack.pop_all()
