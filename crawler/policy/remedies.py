"""What to do about a fault of this machine: from an exception to a sentence. Pure.

An `OSError` says by its number what is wrong. SQLite says less: its codes are the names that
`sqlite3` puts on an exception, and where such a code may mean several faults the system's own error
is to be found first (`frontier.faults`).
"""

import errno
from enum import Enum


class Fault(Enum):
    """What is wrong with this machine, or with one of its files; the value is the remedy."""

    RIGHTS = (
        "this user may not read or write it: run the crawler as the user whose it is, or give this "
        "one the rights to it and to its folder"
    )
    READ_ONLY = "its disk is mounted read-only: mount it for writing"
    FULL = "its disk, or a quota on it, is full: make room there"
    DISK = (
        "its disk fails when it is read or written: look into the kernel's log, and move the files "
        "to a sound disk"
    )
    DESCRIPTORS = (
        "no file can be opened any more: raise the limit of open files (`ulimit -n`, `minfds` of "
        "supervisord)"
    )
    MEMORY = "this machine has no memory left: end other programs, or lower `concurrency`"
    BUSY = "another program holds it: end that program, or wait until it is done"
    GONE = "it, or the folder that it is in, is not there: put it back, or mount its disk"
    FOLDER = "it is a folder: name the file in it"
    DAMAGED = (
        "it is damaged: stop the daemon, move it with its -wal and -shm away, and restore what "
        "`crawler backup` wrote; without a backup, `sqlite3 {file} .recover | sqlite3 NEW` saves "
        "what can be read"
    )
    UNKNOWN = "it cannot be used, for the reason in brackets"


PASSING = frozenset({Fault.FULL, Fault.DESCRIPTORS, Fault.MEMORY, Fault.BUSY})
"""Faults that come and go by themselves, or while others do their work: they are waited out."""

_BY_ERRNO = {
    number: fault
    for fault, numbers in {
        Fault.RIGHTS: (errno.EACCES, errno.EPERM),
        Fault.READ_ONLY: (errno.EROFS,),
        Fault.FULL: (errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
        Fault.DISK: (errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE, errno.ENOTCONN),
        Fault.DESCRIPTORS: (errno.EMFILE, errno.ENFILE),
        Fault.MEMORY: (errno.ENOMEM, errno.ENOBUFS),
        Fault.BUSY: (errno.EBUSY, errno.ETXTBSY, errno.EAGAIN),
        Fault.GONE: (errno.ENOENT, errno.ENOTDIR),
        Fault.FOLDER: (errno.EISDIR,),
    }.items()
    for number in numbers
}
_BY_CODE = {
    "SQLITE_CORRUPT": Fault.DAMAGED,
    "SQLITE_NOTADB": Fault.DAMAGED,
    "SQLITE_BUSY": Fault.BUSY,
    "SQLITE_LOCKED": Fault.BUSY,
    "SQLITE_PROTOCOL": Fault.BUSY,
    "SQLITE_READONLY": Fault.RIGHTS,
    "SQLITE_PERM": Fault.RIGHTS,
    "SQLITE_AUTH": Fault.RIGHTS,
    "SQLITE_CANTOPEN": Fault.RIGHTS,
    "SQLITE_FULL": Fault.FULL,
    "SQLITE_IOERR": Fault.DISK,
    "SQLITE_NOMEM": Fault.MEMORY,
    "SQLITE_NOLFS": Fault.FULL,
}
_BY_LONG_CODE = {"SQLITE_IOERR_NOMEM": Fault.MEMORY, "SQLITE_IOERR_CORRUPTFS": Fault.DISK}


def fault_of(error: BaseException) -> Fault:
    """Return the fault that an exception shows, by its own number or that of its cause."""
    if isinstance(error, MemoryError):
        return Fault.MEMORY
    code = getattr(error, "sqlite_errorname", None)
    if code is not None:
        return _BY_LONG_CODE.get(code) or _BY_CODE.get("_".join(code.split("_")[:2]), Fault.UNKNOWN)
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, Fault.UNKNOWN)
    return fault_of(error.__cause__) if error.__cause__ else Fault.UNKNOWN


def remedy(error: BaseException, file: object) -> str:
    """Return the sentence about a file: what is wrong, what to do, and the system's own words."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return sentence(fault_of(error), file, words)


def sentence(fault: Fault, file: object, words: str) -> str:
    """Return the same for a fault that is known, with words of the caller's."""
    return f"{file}: {fault.value.format(file=file)} ({words})"
