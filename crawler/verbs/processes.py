"""`crawler stop` and `crawler reload`: signals to the processes whose rows are in the ledger."""

import os
import signal
import time
from collections.abc import Sequence

from crawler.errors import CrawlerError
from crawler.frontier.process import Process, current
from crawler.ledger.overview import Member
from crawler.model import Seconds

GLANCE_S: Seconds = 0.05


def here(members: Sequence[Member]) -> list[Process]:
    """Return the processes of this machine that live."""
    machine = current().machine
    return [one.process for one in members if one.process.lives(machine)]


def elsewhere(members: Sequence[Member], now: Seconds) -> list[Process]:
    """Return those that only another machine, or another container of this one, can signal."""
    machine = current().machine
    return [
        one.process
        for one in members
        if one.process.machine != machine and one.life(machine, now) == "alive"
    ]


def send(processes: Sequence[Process], number: signal.Signals) -> list[Process]:
    """Signal processes; return those that were there to hear it.

    Raises:
        CrawlerError: they belong to another user.
    """
    heard = []
    for process in processes:
        try:
            if process.lives(current().machine):
                os.kill(process.pid, number)
                heard.append(process)
        except ProcessLookupError:
            pass
        except PermissionError as error:
            raise CrawlerError(
                f"process {process.pid} belongs to another user; run this as that user"
            ) from error
    return heard


def wait(processes: Sequence[Process], patience: Seconds) -> None:
    """Wait until processes have ended.

    Raises:
        CrawlerError: they have not, and patience is at its end.
    """
    deadline = time.monotonic() + patience
    while left := [one for one in processes if one.lives(current().machine)]:
        if time.monotonic() > deadline:
            pids = ", ".join(str(one.pid) for one in left)
            raise CrawlerError(
                f"{pids} still there {patience:g} s after TERM; "
                "a second `crawler stop` forces the end"
            )
        time.sleep(GLANCE_S)
