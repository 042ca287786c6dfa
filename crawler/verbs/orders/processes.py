"""`crawler stop` and `crawler reload`: signals to the processes whose rows are in the ledger."""

import os
import signal
from collections.abc import Sequence

from crawler.errors import CrawlerError
from crawler.frontier import Member
from crawler.frontier.process import PROC, Process, current
from crawler.model import Seconds

GLANCE_S: Seconds = 0.05
"""Time between two looks at processes that are to end."""


def here(members: Sequence[Member]) -> list[Process]:
    """Return the living processes of this machine."""
    machine = current().machine
    return [one.process for one in members if one.process.lives(machine)]


def send(processes: Sequence[Process], number: signal.Signals) -> list[Process]:
    """Signal processes; return those that got the signal.

    Raises:
        CrawlerError: a process belongs to another user.
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


def ignores(process: Process, number: signal.Signals) -> bool:
    """Tell whether a process of this machine ignores a signal, as nohup has it ignore HUP."""
    try:
        status = (PROC / f"{process.pid}/status").read_text()
    except OSError:  # it has ended, or this is no Linux
        return False
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(mask, 16) >> (number - 1) & 1)
