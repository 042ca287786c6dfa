"""Who may read what the crawler keeps for itself: the ledger, its copies, and downloaded lists.

They hold what is secret in URLs and in columns of lists. Whatever the umask says they are for the
crawler's user alone, or also for the readers of one group.
"""

import glob
import grp
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from crawler.errors import UsageError
from crawler.state_address import StateAddress


class Rights(NamedTuple):
    """Modes of files and folders, and the number of the group; None leaves the group as it is."""

    file: int
    folder: int
    group: int | None = None


PRIVATE = Rights(0o600, 0o700)


def rights_of(group: str | None) -> Rights:
    """Return the rights for a group of readers, by its name; without one nobody else reads.

    Raises:
        UsageError: there is no such group, or this user cannot give files to it.
    """
    if group is None:
        return PRIVATE
    try:
        number = grp.getgrnam(group).gr_gid
    except KeyError:
        raise UsageError(f"crawler.group: this machine has no group {group!r}") from None
    if os.geteuid() != 0 and number not in {os.getegid(), *os.getgroups()}:
        raise UsageError(
            f"crawler.group: this user is not in the group {group!r}; add it to the group, or name "
            "one that it is in"
        )
    return Rights(0o640, 0o750, number)


def make_folder(folder: Path, rights: Rights = PRIVATE) -> None:
    """Make a folder and those above it that are missing; one that is there stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=PRIVATE.folder, exist_ok=True)
        _give(one, rights.folder, rights.group)
    folder.mkdir(exist_ok=True)  # the error, if it is no folder


def make_ledger(state: Path) -> None:
    """Make the empty file that is to be a ledger, for this user alone, if there is none.

    A file that is there is not opened: closing it would end the locks of this process on it.

    Raises:
        OSError: it cannot be made.
    """
    with suppress(FileExistsError):
        os.close(os.open(state, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE.file))
        state.chmod(PRIVATE.file)  # a umask takes rights away, and may take ours


def settle_ledger(state: StateAddress, rights: Rights) -> None:
    """Give a ledger's file, its logs and its older versions their rights, where they are.

    Those of another user stay as they are.
    """
    for file in _files_of(state.resolve()) if isinstance(state, Path) else ():
        _give(file, rights.file, rights.group)


def settle_lists(folder: Path, rights: Rights) -> None:
    """Give the lists that came over HTTP their rights, where they are, and their folder."""
    if folder.is_dir():
        settle_folder(folder, rights)
        for file in folder.iterdir():
            _give(file, rights.file, rights.group)


def settle_folder(folder: Path, rights: Rights) -> None:
    """Give a folder its rights, if it is there."""
    _give(folder, rights.folder, rights.group)


def lists_of(state: StateAddress, output: Path) -> Path:
    """Return the folder of the lists that came over HTTP: beside a ledger's file, or the output."""
    beside = state if isinstance(state, Path) else output
    return beside.with_name(f"{beside.name}.lists")


def as_folder(file: Path) -> None:
    """Give a file the rights of the folder that it is in.

    Raises:
        OSError: the file is not there.
    """
    folder = file.parent.stat()
    _give(file, stat.S_IMODE(folder.st_mode) & 0o666, folder.st_gid)


def as_file(file: Path, other: Path) -> None:
    """Give a file the rights of another one.

    Raises:
        OSError: one of them is not there.
    """
    found = other.stat()
    _give(file, stat.S_IMODE(found.st_mode), found.st_gid)


def _files_of(state: Path) -> Iterator[Path]:
    yield from (state.with_name(state.name + suffix) for suffix in ("", "-wal", "-shm", "-journal"))
    with suppress(OSError):
        yield from state.parent.glob(f"{glob.escape(state.name)}.v[0-9]*")


def _give(path: Path, mode: int, group: int | None) -> None:
    """Set the mode and the group of a file, never through a link; the mode first, if it is less."""
    with suppress(FileNotFoundError, PermissionError):
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            return
        if stat.S_IMODE(found.st_mode) & ~mode:
            path.chmod(stat.S_IMODE(found.st_mode) & mode)
        if group is not None and found.st_gid != group:
            os.chown(path, -1, group)
        if stat.S_IMODE(path.lstat().st_mode) != mode:
            path.chmod(mode)
