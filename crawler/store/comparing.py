"""Stored files beside what the ledger says of them; pure, for native threads."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from crawler.store.folders import Folders
from crawler.store.versions import file_of, has_cut_name, renamed_versions

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PIECE_BYTES = 1 << 20
_SURROGATE = re.compile("[\ud800-\udfff]")
"""A byte of a name that is not UTF-8: no part of the crawler is named so."""
_PART = re.compile(r".+\.([0-9a-f]{16})\.[0-9]+\.part", re.DOTALL)


class Looked(NamedTuple):
    """What stands under the name of a stored file."""

    what: str
    """'' for the file as it should be, or missing, short or different."""
    found: os.stat_result | None
    """None where nothing stands there."""


def compare(root: Path, path: str, size: int, digest: str) -> Looked:
    """Compare a file with its bytes and SHA-256; a folder or link in its place is no file.

    Raises:
        OSError: it is there, and cannot be read.
    """
    try:
        with Folders(root, durable=False) as folders:
            here, name = _located(folders, path, make=False)
            found = _stat(here, name)
            if not stat.S_ISREG(found.st_mode):
                return Looked("missing", found)
            file = os.open(name, _READ, dir_fd=here)
    except (FileNotFoundError, NotADirectoryError):
        return Looked("missing", None)
    with os.fdopen(file, "rb", buffering=0) as stream:
        return Looked(_compared(stream, size, digest), os.fstat(file))


def _compared(stream: FileIO, size: int, digest: str) -> str:
    found = os.fstat(stream.fileno()).st_size
    if found != size:
        return "short" if found < size else "different"
    return "" if _hashed(stream) == digest else "different"


def _hashed(stream: FileIO) -> str:
    hashed = hashlib.sha256()
    while piece := stream.read(_PIECE_BYTES):
        hashed.update(piece)
    return hashed.hexdigest()


class Measured(NamedTuple):
    """A file as it lies there."""

    size: int
    """Bytes."""
    digest: str
    """SHA-256 in hex."""
    at: float
    """Wall time at which it came there, or was changed last."""


def measure(root: Path, path: str, after: float | None) -> Measured | None:
    """Measure a file that came there after a wall time; None if nothing, or an older one, is there.

    None too of one that changes meanwhile: who does that knows it.

    Raises:
        OSError: it is there, and cannot be read.
    """
    try:
        with Folders(root, durable=False) as folders:
            here, name = _located(folders, path, make=False)
            found = _stat(here, name)
            if not stat.S_ISREG(found.st_mode) or (after is not None and found.st_ctime <= after):
                return None
            file = os.open(name, _READ, dir_fd=here)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with os.fdopen(file, "rb", buffering=0) as stream:
        digest, now = _hashed(stream), os.fstat(file)
    same = (now.st_ino, now.st_ctime_ns) == (found.st_ino, found.st_ctime_ns)
    return Measured(now.st_size, digest, now.st_ctime) if same else None


def give_name(root: Path, path: str, wanted: str) -> None:
    """Give a file a second name, durably; that it has one already is as good.

    Raises:
        OSError: the disk refuses, or something else has the name.
    """
    with Folders(root, durable=True) as folders:
        here, name = _located(folders, path, make=False)
        there, other = _located(folders, wanted, make=True)
        try:
            os.link(name, other, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)
        except FileExistsError:
            if not os.path.samestat(_stat(here, name), _stat(there, other)):
                raise
        folders.changed(there)
        folders.sync()


def take_name(root: Path, path: str) -> None:
    """Take a name away; the folder stays, for a daemon may be about to write there.

    Raises:
        OSError: the disk refuses.
    """
    with suppress(FileNotFoundError), Folders(root, durable=False) as folders:
        here, name = _located(folders, path, make=False)
        os.unlink(name, dir_fd=here)


def take_old_name(root: Path, path: str, new: str) -> None:
    """Take the old name from a file that has a new one; its older versions go with it.

    A file that a daemon stored under the old name since is another one, and stays. Where the file
    system is blind to case both may be one name, which gets its new letters.

    Raises:
        OSError: the disk refuses.
    """
    with suppress(FileNotFoundError), Folders(root, durable=False) as folders:
        here, name = _located(folders, path, make=False)
        there, other = _located(folders, new, make=False)
        found = _stat(here, name)
        if found.st_nlink == 1 and os.path.samestat(found, _stat(there, other)):
            os.rename(name, other, src_dir_fd=here, dst_dir_fd=there)
        elif os.path.samestat(found, _stat(there, other)):
            for version, wanted in renamed_versions(here, name, other):
                with suppress(FileExistsError):
                    os.link(
                        version, wanted, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False
                    )
                    os.unlink(version, dir_fd=here)
            os.unlink(name, dir_fd=here)


class Names(NamedTuple):
    """Names of files below the output folder, some at once."""

    files: list[str]
    """Files, with their older versions."""
    parts: list[tuple[str, int]]
    """Parts, with the fingerprints in their names."""


def names(root: Path, beside: frozenset[Path], most: int) -> Iterator[Names]:
    """Yield the names of all files below a folder, but for the paths in `beside`.

    Symbolic links are followed nowhere.
    """
    found = Names([], [])
    folders = [root]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                place = Path(entry.path)
                if place in beside:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(place)
                elif entry.is_file(follow_symlinks=False):
                    _sort(place.relative_to(root).as_posix(), found)
                    if len(found.files) + len(found.parts) >= most:
                        yield found
                        found = Names([], [])
    yield found


def _sort(path: str, found: Names) -> None:
    print_ = print_of_part(path)
    if print_ is not None:
        found.parts.append((path, print_))
    elif not has_cut_name(path.rpartition("/")[2]):
        found.files.append(path)


def print_of_part(path: str) -> int | None:
    """Return the fingerprint in the name of a part; None for what is no part."""
    match = None if _SURROGATE.search(path) else _PART.fullmatch(path)
    if match is None:
        return None
    number = int(match[1], 16)
    return number - (1 << 64) if number >> 63 else number


def owner_of(path: str) -> str:
    """Return the file of which a file is an older version, or the file itself."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + file_of(name)


def _located(folders: Folders, path: str, *, make: bool) -> tuple[int, str]:
    folder, _, name = path.rpartition("/")
    return folders.open(folder, make=make)[0], name


def _stat(folder: int, name: str) -> os.stat_result:
    return os.stat(name, dir_fd=folder, follow_symlinks=False)
