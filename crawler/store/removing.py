"""Stored files that go, each with its older versions. Runs in a process of its own, or a thread."""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from crawler.store.folders import Folders
from crawler.store.versions import versions_in

MAX_HELD = 50_000
"""Files whose older versions are yet to go, held in memory at once."""


class Remover:
    """Removes files at once, and their older versions folder by folder, at the latest on exit.

    No URL's own file may bear the name of a version, so that these can wait.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._removed: defaultdict[str, set[str]] = defaultdict(set)
        self._held = 0
        self.failed = 0
        """Number of files that the system would not remove."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._remove_versions()

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files; one that is gone already is as good."""
        with Folders(self._root, durable=False) as folders:
            for path in paths:
                folder, _, name = path.rpartition("/")
                try:
                    here, _ = folders.open(folder, make=False)
                    os.unlink(name, dir_fd=here)
                except (FileNotFoundError, NotADirectoryError):
                    pass
                except OSError:
                    self.failed += 1
                self._removed[folder].add(name)
        self._held += len(paths)
        if self._held > MAX_HELD:
            self._remove_versions()

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


def remove(root: Path, paths: Sequence[str]) -> int:
    """Remove files with their older versions; return how many the system would not remove."""
    with Remover(root) as remover:
        remover.remove(paths)
    return remover.failed
