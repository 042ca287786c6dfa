"""Writing one file, in a native thread: values in, values out.

A crash at any point leaves a `.part` that names its owner, or a whole file under its final name.
"""

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from gevent.monkey import get_original

from crawler.model import Seconds
from crawler.policy.body_search import BodySearch
from crawler.policy.naming import suffixed
from crawler.store.digests import Digests
from crawler.store.folders import Folders
from crawler.store.versions import Versions
from crawler.value import value

close = get_original("os", "close")
"""gevent's own looks the descriptor up in the event loop, which knows nothing of files."""
PIECE_BYTES = 1024 * 1024
"""Bytes that are read at once where a body is written straight from its socket."""
Read = Callable[[memoryview], int]
"""Reads into a buffer, as `recv_into` of a socket that does not wait."""
_TRIED_BYTES = 4096
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Digest(Protocol):
    """A running hash, as those of hashlib."""

    def update(self, data: bytes | bytearray | memoryview, /) -> None: ...


@value
class Body:
    """A body to be stored."""

    path: str
    """File, relative to the output folder."""
    part: str
    """Its `.part` until then."""
    fingerprint: int
    content: bytes | None
    """None: the part is written already."""
    modified: Seconds | None = None
    """Wall time that the file shall bear, from Last-Modified."""
    versions: int = 0
    """How many older versions of the file to keep beside it, if it has other content."""


@value
class Measured:
    """A part as it is found: its size, and the running SHA-256 of its bytes."""

    size: int
    digest: Any
    search: BodySearch | None = None
    """What was looked for in it, to be looked for in what follows."""
    digests: Digests | None = None
    """Its digests beside that, to go on with what follows."""


def locate(folders: Folders, path: str, *, make: bool = True) -> tuple[int, str]:
    """Return the open folder of a path, and the name in it."""
    folder, _, name = path.rpartition("/")
    return folders.open(folder, make=make)[0], name


def try_out(root: Path, ledger: str = "") -> OSError | None:
    """Write a small file into the output folder and remove it; return the error, if there is one.

    It has a block of bytes: a full disk takes empty files.
    """
    name = f".try-{os.getpid()}-{time.monotonic_ns()}.part"
    try:
        with Folders(root, durable=False, ledger=ledger) as folders:
            here, _ = folders.open("")
            descriptor = os.open(name, _NEW, 0o600, dir_fd=here)
            try:
                write_all(descriptor, bytes(_TRIED_BYTES))
            finally:
                close(descriptor)
                os.unlink(name, dir_fd=here)
    except OSError as error:
        return OSError(error.errno, error.strerror, str(root))
    return None


def create(folder: int, name: str) -> int:
    """Make a part."""
    try:
        return os.open(name, _NEW, 0o666, dir_fd=folder)
    except FileExistsError:  # an earlier visit of this very process broke off
        os.unlink(name, dir_fd=folder)
        return os.open(name, _NEW, 0o666, dir_fd=folder)


def open_end(folder: int, name: str) -> int:
    """Open a part to go on with it."""
    return os.open(name, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)


def measure(
    root: Path,
    part: str,
    total: int,
    ledger: str = "",
    search: BodySearch | None = None,
    digests: Digests | None = None,
) -> Measured | None:
    """Read a part once through; return its size and digest.

    None if it cannot be read, or is none of a body of `total` bytes: however long it is by now.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with Folders(root, durable=False, ledger=ledger) as folders:
            here, name = locate(folders, part, make=False)
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(name, flags, dir_fd=here), "rb") as file:
                while size < total and (piece := file.read(1 << 20)):
                    digest.update(piece)
                    size += len(piece)
                    if search:
                        search.feed(piece)
                    if digests:
                        digests.feed(piece)
    except OSError:
        return None
    return Measured(size, digest, search, digests) if 0 < size < total else None


def exists(root: Path, path: str, ledger: str = "") -> bool:
    """Tell whether a stored file is still there."""
    try:
        with Folders(root, durable=False, ledger=ledger) as folders:
            here, name = locate(folders, path, make=False)
            return stat.S_ISREG(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode)
    except OSError:
        return False


def taken(root: Path, path: str, ledger: str = "") -> bool:
    """Tell whether anything has the name of a file, a link that leads nowhere too."""
    try:
        with Folders(root, durable=False, ledger=ledger) as folders:
            here, name = locate(folders, path, make=False)
            os.stat(name, dir_fd=here, follow_symlinks=False)
    except OSError:
        return False
    return True


def times(root: Path, path: str, ledger: str = "") -> tuple[Seconds, Seconds] | None:
    """Return the times of a file that is there: of its content, and of its change here."""
    try:
        with Folders(root, durable=False, ledger=ledger) as folders:
            here, name = locate(folders, path, make=False)
            found = os.stat(name, dir_fd=here)
    except OSError:
        return None
    return found.st_mtime, found.st_ctime


def write_part(folder: int, name: str, body: Body, *, sync: bool) -> None:
    """Bring a part to its end, by one descriptor: its content if it has none yet, time, fsync."""
    if body.content is None and body.modified is None and not sync:
        return
    flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    if body.content is None:
        descriptor = os.open(name, flags, dir_fd=folder)
    else:
        descriptor = create(folder, name)
    try:
        if body.content is not None:
            write_all(descriptor, body.content)
        if body.modified is not None:
            os.utime(descriptor, (time.time(), body.modified))
        if sync:
            os.fsync(descriptor)
    finally:
        close(descriptor)


def write_all(descriptor: int, data: bytes | bytearray | memoryview) -> None:
    """Write until everything is written."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, memoryview(data)[written:])


def pour(descriptor: int, read: Read, most: int, digest: Digest) -> tuple[int, OSError | None]:
    """Write what `read` brings until it has nothing at once, is at its end, breaks, or has `most`.

    Returns how many bytes these were, and the break.

    Raises:
        OSError: the disk refuses.
    """
    buffer = memoryview(bytearray(min(most, PIECE_BYTES)))  # held no longer than this takes
    poured = 0
    while poured < most:
        try:
            size = read(buffer[: most - poured])
        except BlockingIOError:
            break
        except OSError as error:
            return poured, error
        if not size:
            break
        digest.update(buffer[:size])
        write_all(descriptor, buffer[:size])
        poured += size
    return poured, None


def publish(folders: Folders, versions: Versions, part: tuple[int, str], body: Body) -> str:
    """Rename the part to its final name, and return that; a folder with the name is left alone.

    Raises:
        OSError: the disk refuses, or both choices of a name are folders.
    """
    here, name = part
    for path in _choices(body):
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


def _choices(body: Body) -> Iterator[str]:
    yield body.path
    yield suffixed(body.path, body.fingerprint)


def discard(root: Path, parts: Sequence[str], ledger: str = "") -> int:
    """Remove parts, and return how many there were."""
    removed = 0
    with suppress(OSError), Folders(root, durable=False, ledger=ledger) as folders:
        for part in parts:
            with suppress(OSError):
                here, name = locate(folders, part, make=False)
                os.unlink(name, dir_fd=here)
                removed += 1
    return removed
