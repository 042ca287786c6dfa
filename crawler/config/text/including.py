"""Which files a configuration includes, and which version of all of them is on the disk."""

import glob
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from crawler.policy.masking import masked_line

MAX_FILES = 10_000
"""Files that a configuration includes."""


class NotIncludedError(ValueError):
    """A file or folder that is named is not there, or is not what it has to be."""


def files_of(file: Path, include: Any) -> list[Path]:
    """Return the files that the option `include` of a file names, in order, each once.

    Relative patterns are relative to the file. A value of another type names none: the models
    refuse it.

    Raises:
        NotIncludedError: what a pattern names is not there; a folder that vanished is no wish.
    """
    found: dict[Path, None] = {}
    for pattern in _patterns(include):
        found.update(dict.fromkeys(_matches(file, pattern)))
    if len(found) > MAX_FILES:
        raise NotIncludedError(f"names more than {MAX_FILES:,} files; put jobs together")
    return list(found)


def version_of(file: Path | None, include: Any = ()) -> tuple[object, ...]:
    """Return name, size, time and inode of a configuration's files: another version differs."""
    if file is None:
        return ()
    files = [file]
    with suppress(NotIncludedError):
        files += files_of(file, include)
    return tuple(part for one in files for part in _version(one))


def _version(file: Path) -> tuple[object, ...]:
    with suppress(OSError):
        found = file.stat()
        return str(file), found.st_size, found.st_mtime_ns, found.st_ino
    return (str(file),)


def _patterns(include: Any) -> list[str]:
    patterns = [include] if isinstance(include, str) else include
    if not isinstance(patterns, list | tuple):
        return []
    return [one for one in patterns if isinstance(one, str)]


def _matches(file: Path, pattern: str) -> Iterator[Path]:
    shown = masked_line(pattern)
    path = os.path.join(file.parent, pattern)  # noqa: PTH118  a pattern is no path yet
    if "\0" in path:
        raise NotIncludedError(f"{shown!r} holds a NUL")
    if glob.has_magic(pattern) and not _folder_of(path).is_dir():
        raise NotIncludedError(f"{shown}: {_folder_of(path)} is no folder; make it")
    matches = sorted(glob.glob(path)) if glob.has_magic(pattern) else [path]  # noqa: PTH207  likewise
    for one in map(Path, matches):
        if not one.is_file():
            raise NotIncludedError(f"{masked_line(str(one))} is not a file")
        if file.exists() and one.samefile(file):
            raise NotIncludedError(f"{shown} includes this file itself; name others")
        yield one


def _folder_of(path: str) -> Path:
    """Return the last folder of a pattern that is named plainly."""
    folder = Path(path)
    while glob.has_magic(str(folder)):
        folder = folder.parent
    return folder
