"""What this machine has left and this process uses; a native thread looks, for disks may hang."""

import os
import resource
from collections.abc import Sequence
from pathlib import Path

from crawler.frontier.process import PROC
from crawler.value import value

_PAGE = resource.getpagesize()


@value
class Room:
    """What is left on the disk of a folder; None where the file system does not tell."""

    folder: Path
    free: int | None = None
    """Bytes that a user may still write."""
    inodes: int | None = None


@value
class Measures:
    """The machine and the process at one moment; None for what cannot be told."""

    rooms: tuple[Room, ...]
    memory: int | None
    """Resident bytes of this process."""
    descriptors: int | None
    """Open descriptors of this process."""
    limit: int | None
    """Most descriptors that it may open."""


def measure(folders: Sequence[Path]) -> Measures:
    """Look at the disks of folders, and at this process; never raises."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = None if soft == resource.RLIM_INFINITY else soft
    return Measures(tuple(map(_room, folders)), memory(), _descriptors(limit), limit)


def memory() -> int | None:
    """Return the resident bytes of this process, None where no /proc tells."""
    try:
        return int((PROC / "self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return None


def _room(folder: Path) -> Room:
    try:
        found = os.statvfs(folder)
    except OSError:  # who stores there says what is wrong
        return Room(folder)
    free = found.f_bavail * found.f_frsize if found.f_blocks else None
    return Room(folder, free, found.f_favail if found.f_files else None)


def _descriptors(limit: int | None) -> int | None:
    """Count open descriptors; where not even one is left for the look, all are used."""
    for folder in (PROC / "self/fd", Path("/dev/fd")):
        try:
            return len(os.listdir(folder)) - 1  # noqa: PTH208  a list of names is all that is needed
        except FileNotFoundError:
            continue
        except OSError:
            return limit
    return None
