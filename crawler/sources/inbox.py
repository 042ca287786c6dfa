"""A spool folder: every file dropped into it is read once as a list, then moved out of the way.

A file goes to `done/`, or to `bad/` with its reasons beside it. It is moved after it was taken in:
a crash in between has it taken in again, which adds nothing.
"""

import os
import stat
import time
from collections.abc import Mapping, Sequence
from heapq import nsmallest
from pathlib import Path

from crawler.model import Seconds
from crawler.policy.stillness import is_unfinished
from crawler.sources import Fields, FileList, Lists
from crawler.sources.taken_files import BAD, DONE, move
from crawler.sources.wholeness import look
from crawler.threads import Native

MAX_FILES = 1000
"""Files of one scan at most."""
_GROWS_S: Seconds = 600.0
"""How long a file that was taken is looked at, in case that somebody goes on writing it."""
_LEFT_ALONE_S: Seconds = 60.0
"""How long a file that could not be moved is left alone."""
_NO_FILE = {
    stat.S_IFDIR: "it is a folder: move the files in it here",
    stat.S_IFLNK: "it is a symbolic link: move the file itself here, or copy it",
    stat.S_IFIFO: "it is a pipe (FIFO): write a file",
    stat.S_IFSOCK: "it is a socket: write a file",
    stat.S_IFCHR: "it is a device",
    stat.S_IFBLK: "it is a device",
}
"""Why what is no file is never opened."""


class Inbox:
    """The spool folder of a job."""

    def __init__(self, folder: Path, job: Lists) -> None:
        self._folder = folder
        self._fields = Fields.of(job)
        self._taken: dict[Path, FileList] = {}
        self._left: dict[Path, Seconds] = {}
        """Files that could not be moved, and until when they are left alone."""
        self._done: dict[Path, tuple[int, Seconds]] = {}
        """Files that were taken and moved: their sizes then, and until when they are looked at."""
        self._unended: dict[Path, str] = {}
        """Why files of the last scan are not known to be whole."""
        self._passed_over: dict[str, str] = {}
        """What is there and no file, by name, with the reason why it is never opened."""
        self._told: dict[str, str] = {}
        """The part of it that `passed_over` has returned."""

    def scan(self) -> list[Path]:
        """Return the files that are ready to be taken, the oldest first; make the folder.

        Those that grew after they were taken come again, whole, from where they were moved to.

        Raises:
            OSError: it cannot be made or looked through.
        """
        now = time.monotonic()
        self._left = {file: until for file, until in self._left.items() if until > now}
        self._done = {file: seen for file, seen in self._done.items() if seen[1] > now}
        sizes = {file: size for file, (size, _) in self._done.items()}
        with Native(1) as native:
            found, self._passed_over = native.call(_scan, self._folder, frozenset(self._left))
            grown = native.call(_grown, sizes) if sizes else []
        self._unended = dict([*found, *grown])
        return list(self._unended)

    def passed_over(self) -> dict[str, str]:
        """Return what the last scan found that is no file, by name with the reason, each once."""
        before, self._told = self._told, self._passed_over
        return {name: why for name, why in self._told.items() if before.get(name) != why}

    def take(self, file: Path) -> FileList:
        """Return a file as a list to be read, in the format of its name."""
        self._taken[file] = FileList(file, self._fields, kind="inbox", plain=True)
        self._taken[file].unended = self._unended.pop(file, "")
        return self._taken[file]

    def accept(self, file: Path, reasons: Sequence[str]) -> Path | None:
        """Move a taken file to `done/`, or, if there are reasons, with them to `bad/`.

        Returns where it is now; None if it was changed or removed meanwhile: a file that is there
        now will be taken as a new one.

        Raises:
            OSError: it cannot be moved, and is left alone for a minute.
        """
        taken = self._taken.pop(file)
        if taken.version_opened and taken.version() != taken.version_opened:
            return None
        if file in self._done:
            self._note_done(file, taken.size_opened)
            return file
        try:
            with Native(1) as native:
                moved: Path = native.call(move, self._folder, file.name, reasons)
        except FileNotFoundError:
            return None
        except OSError:
            self._left[file] = time.monotonic() + _LEFT_ALONE_S
            raise
        self._note_done(moved, taken.size_opened)
        return moved

    def _note_done(self, file: Path, size: int) -> None:
        if len(self._done) < MAX_FILES:
            self._done[file] = size, time.monotonic() + _GROWS_S


def _scan(folder: Path, left: frozenset[Path]) -> tuple[list[tuple[Path, str]], dict[str, str]]:
    """Return files that nobody writes any more, with the reason why that is not certain.

    And what is no file, by name, with the reason why it is passed over.
    """
    folder.mkdir(parents=True, exist_ok=True)
    passed_over: dict[str, str] = {}
    with os.scandir(folder) as entries:
        there = (
            (found.st_mtime_ns, folder / entry.name)
            for entry in entries
            if not is_unfinished(entry.name)
            and folder / entry.name not in left
            and (found := _found(entry, passed_over))
        )
        ready = ((at, file, seen) for at, file in there if (seen := _ready(file)) is not None)
        return [(file, seen) for _, file, seen in nsmallest(MAX_FILES, ready)], passed_over


def _grown(sizes: Mapping[Path, int]) -> list[tuple[Path, str]]:
    """Return the files that are larger than they were, and are not being written any more."""
    grown = (file for file, size in sizes.items() if _size(file) > size)
    return [(file, seen) for file in grown if (seen := _ready(file)) is not None]


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return 0


def _found(entry: "os.DirEntry[str]", passed_over: dict[str, str]) -> os.stat_result | None:
    """Return the state of a regular file; None for anything else, which is noted."""
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    kind = stat.S_IFMT(found.st_mode)
    if kind == stat.S_IFREG:
        return found
    own = kind == stat.S_IFDIR and entry.name in {DONE, BAD}
    if not own and len(passed_over) < MAX_FILES:
        passed_over[entry.name] = _NO_FILE.get(kind, "it is no file")
    return None


def _ready(file: Path) -> str | None:
    """Return why a file that can be taken is not known to be whole; None if it is to be waited for.

    A file that cannot be opened is taken, so that the reading says why.
    """
    try:
        seen = look(file, plain=True)
    except FileNotFoundError:
        return None
    except OSError:
        return ""
    return None if seen.wait else seen.unended
