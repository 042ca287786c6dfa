"""Folders below the output folder, opened one component at a time so that nothing leads outside.

Every component is opened relative to its parent with O_NOFOLLOW (openat(2)): a symbolic link, a
file or a FIFO where a folder is needed is left alone, and the folder gets another name beside it.
"""

import errno
import os
import stat
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

from gevent.monkey import get_original

from crawler.store.faults import fault_of
from crawler.store.mark import LOST, check_named

_close = get_original("os", "close")  # gevent's own asks the event loop about each descriptor
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folders:
    """Open folders of one batch of work, each once; synced, if asked, and closed on exit.

    With a `ledger` the output folder must be there and name it; without one it is made if missing.
    To enter them raises a FolderFaultError where the output folder cannot be opened.
    """

    def __init__(self, root: Path, *, durable: bool, ledger: str = "") -> None:
        self._root = root
        self._ledger = ledger
        self._durable = durable
        self._open: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._changed: set[int] = set()

    def __enter__(self) -> Self:
        try:
            self._open[""] = self._open_root()
        except OSError as error:
            raise fault_of(error, folder=True) from error
        self._names[""] = ""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for folder in self._open.values():
            _close(folder)

    def open(self, path: str, *, make: bool = True) -> tuple[int, str]:
        """Return the descriptor and the real path of a folder; both belong to this batch.

        Raises:
            OSError: the folder cannot be made, or (`make` false) is not there.
        """
        if path not in self._open:
            above, _, name = path.rpartition("/")
            parent, real_parent = self.open(above, make=make)
            folder, real = self._descend(parent, name, path, make=make)
            self._open[path] = folder
            self._names[path] = f"{real_parent}/{real}".lstrip("/")
        return self._open[path], self._names[path]

    def changed(self, folder: int) -> None:
        """Remember that an entry of a folder is new."""
        self._changed.add(folder)

    def sync(self) -> None:
        """Make new entries survive a power cut, where that is wanted."""
        if self._durable:
            for folder in self._changed:
                os.fsync(folder)
        self._changed.clear()

    def _open_root(self) -> int:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        try:
            root = os.open(self._root, flags)
        except FileNotFoundError:
            if self._ledger:
                raise FileNotFoundError(errno.ENOENT, LOST) from None
            self._root.mkdir(parents=True, exist_ok=True)
            root = os.open(self._root, flags)
        try:
            if self._ledger:
                check_named(root, self._ledger)
        except OSError:
            _close(root)
            raise
        return root

    def _descend(self, parent: int, name: str, path: str, *, make: bool) -> tuple[int, str]:
        other = f"{name}-{blake2b(path.encode(), digest_size=8).hexdigest()}"
        try:
            return self._open_one(parent, name, make=make), name
        except (NotADirectoryError, OSError) as error:
            if not _in_the_way(parent, name):
                raise
            try:
                return self._open_one(parent, other, make=make), other
            except OSError:
                raise error from None

    def _open_one(self, parent: int, name: str, *, make: bool) -> int:
        try:
            return os.open(name, _FOLDER, dir_fd=parent)
        except FileNotFoundError:
            if not make:
                raise
        try:
            os.mkdir(name, dir_fd=parent)
            self.changed(parent)
        except FileExistsError:  # another thread or process was faster
            pass
        return os.open(name, _FOLDER, dir_fd=parent)


def _in_the_way(parent: int, name: str) -> bool:
    """Tell whether something other than a folder has the name."""
    try:
        mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except OSError:
        return False
    return not stat.S_ISDIR(mode)
