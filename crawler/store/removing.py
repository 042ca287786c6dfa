"""Stored files that go, each with its older versions. Runs in a process of its own, or a thread.

A file goes only if it is the one that was stored: it is looked at first, which may take long, and
removed then. What somebody changed or put there since stays, and is told.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from crawler.store.comparing import compare
from crawler.store.folders import Folders
from crawler.store.versions import versions_in
from crawler.stored_files import Stayed, StoredFile

MAX_HELD = 50_000
"""Files whose older versions are yet to go, held in memory at once."""
GONE, KEPT, FAILED = "gone", "kept", "failed"
"""What becomes of a file: the third could not be read or removed."""


class Judged(NamedTuple):
    """A file that was looked at, and is to go if it is still the same."""

    path: str
    fate: str
    found: os.stat_result | None
    """None where nothing was there."""


def judge(root: Path, file: StoredFile) -> Judged:
    """Look at a file; it goes if size and digest are those of the ledger, or nothing is there."""
    try:
        what, found = compare(root, file.path, file.size, file.digest)
    except OSError:
        return Judged(file.path, FAILED, None)
    return Judged(file.path, KEPT if what and found else GONE, found)


class Remover:
    """Removes files at once, and their older versions folder by folder, at the latest on exit.

    No URL's own file may bear the name of a version, so that these can wait.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._removed: defaultdict[str, set[str]] = defaultdict(set)
        self._held = 0
        self.kept: list[str] = []
        """Files that stay, for they are not as they were stored."""
        self.failed: list[str] = []
        """Files that the system would not let read or remove."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._remove_versions()

    def judge(self, files: Iterable[StoredFile]) -> list[Judged]:
        """Look at files, whole; nothing is changed."""
        return [judge(self._root, file) for file in files]

    def remove(self, files: Sequence[Judged]) -> None:
        """Remove files that were looked at; one that is gone already is as good."""
        with Folders(self._root, durable=False) as folders:
            for file in files:
                folder, _, name = file.path.rpartition("/")
                fate = self._unlink_same(folders, folder, name, file)
                if fate == GONE:
                    self._removed[folder].add(name)
                    self._held += 1
                else:
                    (self.kept if fate == KEPT else self.failed).append(file.path)
        if self._held > MAX_HELD:
            self._remove_versions()

    def _unlink_same(self, folders: Folders, folder: str, name: str, file: Judged) -> str:
        if file.fate != GONE:
            return file.fate
        try:
            here, _ = folders.open(folder, make=False)
            if not _is_same(os.stat(name, dir_fd=here, follow_symlinks=False), file.found):
                return KEPT
            os.unlink(name, dir_fd=here)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError:
            return FAILED
        return GONE

    def _remove_versions(self) -> None:
        with suppress(OSError), Folders(self._root, durable=False) as folders:
            for folder, names in self._removed.items():
                with suppress(OSError):
                    here, _ = folders.open(folder, make=False)
                    self._unlink(here, versions_in(here, names))
        self._removed.clear()
        self._held = 0

    def _unlink(self, folder: int, names: Iterable[str]) -> None:
        for name in names:
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)


def remove(root: Path, files: Sequence[Judged]) -> Stayed:
    """Remove files with their older versions; return those that stay."""
    with Remover(root) as remover:
        remover.remove(files)
    return Stayed(remover.kept, remover.failed)


def _is_same(now: os.stat_result, found: os.stat_result | None) -> bool:
    """Tell whether a file was left alone since it was looked at."""
    if found is None:
        return False
    then = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
    return (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns) == then
