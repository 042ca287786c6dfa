"""Where the files of a spool folder go that were taken: a folder beside them, under a free name.

Runs in a native thread.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

_REASONS = ".reasons"
DONE, BAD = "done", "bad"
_MAX_NAME_BYTES = 200
"""Bytes that are kept of a longer name, so that additions still fit."""
_ENDING = re.compile(r"(\.[A-Za-z]\w{0,9}){0,2}$", re.ASCII)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def move(folder: Path, name: str, reasons: Sequence[str]) -> Path:
    """Move a file, with its reasons to BAD or without any to DONE, and return where it is now.

    Raises:
        FileNotFoundError: it was removed meanwhile.
        OSError: it cannot be moved, and is where it was.
    """
    kept_in = BAD if reasons else DONE
    with _opened(folder) as here:
        with suppress(FileExistsError):
            os.mkdir(kept_in, dir_fd=here)
        with _opened(kept_in, here) as there:
            os.stat(name, dir_fd=here, follow_symlinks=False)
            free = _reserve(there, name, reasons)
            try:
                os.rename(name, free, src_dir_fd=here, dst_dir_fd=there)
            except OSError:
                _unlink(there, free, free + _REASONS)
                raise
            os.fsync(there)
        os.fsync(here)
    return folder / kept_in / free


@contextmanager
def _opened(path: Path | str, parent: int | None = None) -> Iterator[int]:
    flags = _FOLDER if parent is not None else _FOLDER & ~os.O_NOFOLLOW
    descriptor = os.open(path, flags, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _reserve(folder: int, name: str, reasons: Sequence[str]) -> str:
    """Make an empty file for the rename to replace, and return its name; reasons go beside it."""
    for free in (_numbered(name, number) for number in count()):
        try:
            os.close(os.open(free, _NEW, 0o644, dir_fd=folder))
        except FileExistsError:
            continue
        try:
            if reasons:
                _write(folder, free + _REASONS, reasons)
        except FileExistsError:
            _unlink(folder, free)
        except OSError:
            _unlink(folder, free, free + _REASONS)
            raise
        else:
            return free
    raise AssertionError


def _numbered(name: str, number: int) -> str:
    """Return a name with a number before its ending; the ending names the format."""
    match = _ENDING.search(name)
    ending = match.group() if match else ""
    stem = os.fsdecode(os.fsencode(name.removesuffix(ending))[:_MAX_NAME_BYTES])
    return f"{stem}.{number}{ending}" if number else f"{stem}{ending}"


def _write(folder: int, name: str, reasons: Sequence[str]) -> None:
    lines = "".join(f"{' '.join(reason.split())}\n" for reason in reasons)
    with os.fdopen(os.open(name, _NEW, 0o644, dir_fd=folder), "wb") as file:
        file.write(lines.encode("utf-8", "replace"))
        file.flush()
        os.fsync(file.fileno())


def _unlink(folder: int, *names: str) -> None:
    for name in names:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
