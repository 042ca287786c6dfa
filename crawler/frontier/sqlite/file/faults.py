"""Faults of the state file as errors of the crawler, each with the remedy that fits it."""

import errno
import os
import sqlite3
import time
from pathlib import Path

from crawler.errors import CrawlerError, LocalFaultError, StateError
from crawler.model import Seconds
from crawler.policy.remedies import PASSING, Fault, fault_of, remedy

_VAGUE = frozenset({Fault.RIGHTS, Fault.DISK, Fault.UNKNOWN, Fault.DAMAGED})
"""Faults as SQLite has them that may be others: the system is asked what it is."""
_READ_S: Seconds = 2.0
"""How long a file that seems damaged is read through, in search of a disk that fails."""

_EFFECTIVE = os.access in os.supports_effective_ids


def error_of(state: Path, error: sqlite3.Error | OSError, *, opened: bool = False) -> CrawlerError:
    """Return the error of the crawler for a fault of the state file.

    It is a LocalFaultError where the fault may pass by itself, which is any but damage for a file
    that was `opened` before; else a StateError. Runs in the native thread.
    """
    cause = _cause(state, error)
    fault = fault_of(cause)
    passes = fault in PASSING or (opened and fault is not Fault.DAMAGED)
    return (LocalFaultError if passes else StateError)(remedy(cause, state))


def _cause(state: Path, error: sqlite3.Error | OSError) -> BaseException:
    """Return what the system says to the same, where that is more than SQLite says."""
    if isinstance(error, OSError) or fault_of(error) not in _VAGUE:
        return error
    if fault_of(error) is Fault.DAMAGED:  # SQLite calls so what the disk cannot read (EIO)
        return _read_error(state) or error
    return _system_error(state) or error


def _read_error(state: Path) -> OSError | None:
    deadline, at, size = time.monotonic() + _READ_S, 0, 1 << 16
    try:
        with state.open("rb", buffering=0) as file:
            while (read := os.pread(file.fileno(), size, at)) and time.monotonic() < deadline:
                at += len(read)
    except OSError as found:
        return found
    return None


def _system_error(state: Path) -> OSError | None:
    """Ask without opening the state file: closing it again would end SQLite's locks on it."""
    try:
        disk = os.statvfs(state.parent)
        if disk.f_flag & os.ST_RDONLY:
            return OSError(errno.EROFS, os.strerror(errno.EROFS))
        if state.is_dir():
            raise IsADirectoryError(errno.EISDIR, "Is a directory")
        os.close(os.open(state.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        if state.exists() and not os.access(state, os.R_OK | os.W_OK, effective_ids=_EFFECTIVE):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if not disk.f_bavail:
            return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if not os.access(state.parent, os.W_OK | os.X_OK):
            return PermissionError(errno.EACCES, f"its folder: {os.strerror(errno.EACCES)}")
    except OSError as found:
        return found
    return None
