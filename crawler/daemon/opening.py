"""The opening of all parts; a fault of this machine that may pass is waited out."""

from collections.abc import Callable
from contextlib import ExitStack

from crawler.daemon.mailbox import Mailbox
from crawler.errors import LocalFaultError
from crawler.log import Log
from crawler.model import Seconds

FIRST_WAIT_S: Seconds = 1.0
"""Wait before a daemon that met a fault of this machine at its start tries again; it doubles."""
MAX_WAIT_S: Seconds = 30.0


class StoppedError(Exception):
    """A stop came before the crawler was open; nothing is to be given back."""


def opened(
    open_parts: Callable[[ExitStack], None], mailbox: Mailbox, log: Log, *, patient: bool
) -> ExitStack:
    """Return the stack of all parts, opened by `open_parts`.

    Raises:
        StoppedError: a stop came while it waited.
        LocalFaultError: a fault that may pass, and the caller is not `patient`.
    """
    wait = FIRST_WAIT_S
    while True:
        try:
            with ExitStack() as stack:
                open_parts(stack)
                return stack.pop_all()
        except LocalFaultError as error:
            if not patient:
                raise
            if wait == FIRST_WAIT_S:
                log.error("daemon.waiting", cause=str(error))  # noqa: TRY400  it is no bug
        if mailbox.stopped(wait):
            raise StoppedError
        wait = min(2 * wait, MAX_WAIT_S)
