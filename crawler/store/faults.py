"""Faults of storing: whether they are of the output folder and its disk, or of one file alone.

A folder that is looked at afterwards may be well again by then, so that the fault itself has to
tell. Where its number may mean both, it is nobody's at first (`policy.pardons`).
"""

import errno

from crawler.errors import LOCAL_FAULTS

_GONE = ("ENOTCONN", "ESTALE", "ENODEV", "ENXIO", "ENOLINK", "ETIMEDOUT", "EHOSTDOWN")
_BROKEN = ("EREMOTEIO", "EUCLEAN", "ENOMEDIUM", "EMEDIUMTYPE", "ESHUTDOWN", "ECONNABORTED")
DISK_FAULTS = LOCAL_FAULTS | {
    getattr(errno, name) for name in (*_GONE, *_BROKEN) if hasattr(errno, name)
}
"""Faults of a disk, near or over the network, or of this machine; no file can help them."""
_OF_EITHER = frozenset({errno.ENOENT, errno.EACCES, errno.EPERM})


class FileFaultError(OSError):
    """A file cannot be stored: a fault of this machine, and of no host."""


class FolderFaultError(FileFaultError):
    """No file can be stored: a fault of the output folder, or of its disk."""


def fault_of(error: OSError, *, folder: bool = False) -> FileFaultError:
    """Return the fault that an error of storing is; one of the `folder` is no file's."""
    kind = FolderFaultError if folder or error.errno in DISK_FAULTS else FileFaultError
    return kind(error.errno, error.strerror or str(error))


def is_folders(error: BaseException) -> bool:
    """Tell whether it is a fault of the output folder or its disk, and certainly of no file."""
    return isinstance(error, FolderFaultError) or (
        isinstance(error, OSError) and error.errno in DISK_FAULTS
    )


def may_be_folders(error: BaseException | None) -> bool:
    """Tell whether its number may mean the folder, as it was, or one file."""
    return isinstance(error, OSError) and error.errno in _OF_EITHER
