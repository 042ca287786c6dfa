"""Local files: `.part` beside the target, fsync, rename, fsync of the folder.

What runs in native threads are the private functions below; a crash at any point leaves a `.part`
that names its owner, or a whole file under its final name.
"""

import hashlib
import os
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from crawler.model import Seconds
from crawler.naming import suffixed
from crawler.native import Native
from crawler.store.folders import Folders
from crawler.store.versions import Versions
from crawler.urls import hex_of

THREADS = 4
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Body:
    """What is to be stored."""

    path: str
    """Where, relative to the output folder."""
    part: str
    """Its `.part` until then."""
    fingerprint: int
    content: bytes | None
    """None: the part is written already."""
    modified: Seconds | None = None
    """Wall time that the file shall bear, from Last-Modified."""
    versions: int = 0
    """How many older versions of the file to keep beside it, if it has other content."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A part as it is found: its size, and the running SHA-256 of its bytes."""

    size: int
    digest: Any


def part_name(path: str, fingerprint: int, owner: int) -> str:
    """Return the `.part` of a file; it names the URL and the process that writes it."""
    return f"{path}.{hex_of(fingerprint)}.{owner}.part"


class Files:
    """The output folder. All its work happens in native threads."""

    def __init__(self, root: Path, *, durable: bool) -> None:
        self._root = root
        self._durable = durable
        self._native = Native(THREADS)

    def __enter__(self) -> Self:
        self._native.__enter__()
        self._native.call(self._root.mkdir, parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._native.__exit__()

    def save(self, bodies: Sequence[Body]) -> list[str | OSError]:
        """Store bodies and return, for each, its final path or why there is none."""
        chunks = [bodies[start::THREADS] for start in range(min(THREADS, len(bodies)))]
        results: list[str | OSError] = [OSError("not stored")] * len(bodies)
        for start, stored in enumerate(self._native.each(self._save, chunks)):
            results[start :: len(chunks)] = stored
        return results

    def part(self, name: str, *, append: bool = False) -> "Part":
        """Begin or continue a body too big for memory; the caller closes it, or discards it."""
        return Part(self._root, name, self._native, append=append)

    def measure(self, part: str) -> "Measured | None":
        """Return the size and the running digest of a part to be continued, if it is there."""
        return self._native.call(_measure, self._root, part)

    def exists(self, path: str) -> bool:
        """Tell whether a stored file is still there."""
        return self._native.call(_exists, self._root, path)

    def discard(self, parts: Sequence[str]) -> int:
        """Remove parts, and return how many there were."""
        return self._native.call(_discard, self._root, parts)

    def _save(self, bodies: Sequence[Body]) -> list[str | OSError]:
        try:
            with Folders(self._root, durable=self._durable) as folders:
                versions = Versions()
                stored = [self._save_one(folders, versions, body) for body in bodies]
                folders.sync()
        except OSError as error:
            return [error] * len(bodies)
        return stored

    def _save_one(self, folders: Folders, versions: Versions, body: Body) -> str | OSError:
        try:
            here, name = _locate(folders, body.part)
            if body.content is not None:
                _write_part(here, name, body.content)
            _finish_part(here, name, body.modified, sync=self._durable)
            return _publish(folders, versions, (here, name), body)
        except UnicodeEncodeError as error:  # a locale that has no such file names
            return OSError(str(error))
        except OSError as error:
            with suppress(OSError):
                here, name = _locate(folders, body.part)
                os.unlink(name, dir_fd=here)
            return error


class Part:
    """A body on its way into its `.part`.

    The descriptor is set by the native thread itself: a greenlet that is killed while the file
    opens still finds it to close.
    """

    def __init__(self, root: Path, name: str, native: Native, *, append: bool) -> None:
        self.name = name
        self._append = append
        self._root = root
        self._native = native
        self._descriptor = -1

    def write(self, data: bytes) -> None:
        """Append to the part; the first write opens it."""
        self._native.call(self._write, data)

    def close(self) -> None:
        """End the writing; the part stays until it is saved or discarded."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            self._native.call(os.close, descriptor)

    def _write(self, data: bytes) -> None:
        if self._descriptor < 0:
            open_or_create = _open_end if self._append else _create
            with Folders(self._root, durable=False) as folders:
                self._descriptor = open_or_create(*_locate(folders, self.name))
        _write_all(self._descriptor, data)


def _locate(folders: Folders, path: str, *, make: bool = True) -> tuple[int, str]:
    folder, _, name = path.rpartition("/")
    return folders.open(folder, make=make)[0], name


def _create(folder: int, name: str) -> int:
    try:
        return os.open(name, _NEW, 0o666, dir_fd=folder)
    except FileExistsError:  # an earlier visit of this very process broke off
        os.unlink(name, dir_fd=folder)
        return os.open(name, _NEW, 0o666, dir_fd=folder)


def _open_end(folder: int, name: str) -> int:
    return os.open(name, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)


def _measure(root: Path, part: str) -> Measured | None:
    """Read a part once through; in a native thread, where that blocks nobody."""
    digest, size = hashlib.sha256(), 0
    try:
        with Folders(root, durable=False) as folders:
            here, name = _locate(folders, part, make=False)
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(name, flags, dir_fd=here), "rb") as file:
                while piece := file.read(1 << 20):
                    digest.update(piece)
                    size += len(piece)
    except OSError:
        return None
    return Measured(size, digest)


def _exists(root: Path, path: str) -> bool:
    try:
        with Folders(root, durable=False) as folders:
            here, name = _locate(folders, path, make=False)
            return stat.S_ISREG(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _write_part(folder: int, name: str, content: bytes) -> None:
    descriptor = _create(folder, name)
    try:
        _write_all(descriptor, content)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _finish_part(folder: int, name: str, modified: Seconds | None, *, sync: bool) -> None:
    if not sync and modified is None:
        return
    descriptor = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        if modified is not None:
            os.utime(descriptor, (time.time(), modified))
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _publish(folders: Folders, versions: Versions, part: tuple[int, str], body: Body) -> str:
    """Rename the part to its final name; a folder that has the name is left alone."""
    here, name = part
    for path in (body.path, suffixed(body.path, body.fingerprint)):
        folder, final = path.rpartition("/")[::2]
        target, real = folders.open(folder)
        kept = versions.keep(target, final, part) if body.versions else None
        try:
            os.rename(name, final, src_dir_fd=here, dst_dir_fd=target)
        except IsADirectoryError:
            continue
        versions.prune(target, final, kept, body.versions)
        folders.changed(target)
        return f"{real}/{final}".lstrip("/")
    raise IsADirectoryError(f"{path} is a folder")


def _discard(root: Path, parts: Sequence[str]) -> int:
    removed = 0
    with suppress(OSError), Folders(root, durable=False) as folders:
        for part in parts:
            with suppress(OSError):
                here, name = _locate(folders, part, make=False)
                os.unlink(name, dir_fd=here)
                removed += 1
    return removed
