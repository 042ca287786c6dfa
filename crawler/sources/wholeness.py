"""Whether somebody still writes a file, and whether it ends as its format ends (`endings`).

All of it runs in a native thread.
"""

import errno
import fcntl
import os
import signal
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from crawler.model import Seconds
from crawler.policy.stillness import UNENDED_S, wait_for
from crawler.sources.endings import GZIP, ended


class Look(NamedTuple):
    """A file as it is now."""

    wait: Seconds
    """Time after which it may be taken; 0 for now."""
    unended: str
    """Why it is not known to be whole; "" if it is."""


def look(path: Path, *, plain: bool = False) -> Look:
    """Look at a file; what is no file at all is not waited for.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags | (os.O_NOFOLLOW if plain else 0))
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return Look(0.0, "")
        still = abs(time.time() - found.st_mtime)
        unended = _unended(descriptor, still)
        return Look(wait_for(still, whole=not unended), unended if found.st_size else "")
    finally:
        os.close(descriptor)


def _unended(descriptor: int, still: Seconds) -> str:
    if _is_written(descriptor):
        return "another program has it open for writing"
    if not (still >= UNENDED_S and _is_gzip(descriptor)) and not ended(descriptor):
        return "its end is not there: a line end, a closing bracket, or the rest of its gzip"
    return ""


def _is_gzip(descriptor: int) -> bool:
    """Tell a gzip: its end costs as much as its reading, which comes at once and tells as much."""
    return os.pread(descriptor, len(GZIP), 0) == GZIP


def _is_written(descriptor: int) -> bool:
    """Tell whether somebody has the file open for writing, as far as the system tells.

    A read lease is refused then (fcntl(2), F_SETLEASE). It is given back at once; who opens the
    file for writing in between sends its signal, by default one that ends the process.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    with suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
