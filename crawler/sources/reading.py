"""Lines of a file or a pipe, in blocks, with memory bounded whatever it holds.

Descriptor and bytes are handled by plain generators that run in a native thread, one step at a
time. Where a pipe has nothing yet, the greenlet waits for it and not the thread.
"""

import errno
import os
import stat
import zlib
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from gevent.socket import wait_read

from crawler.policy.frames import Frames
from crawler.sources.contract import Blocks, failed
from crawler.sources.formats import Format
from crawler.sources.lines import Pieces, Steps
from crawler.threads import Native

PIECE_BYTES = 262_144
"""Bytes read, or unpacked, at once."""
_GZIP = b"\x1f\x8b"


class Opened:
    """A descriptor to be opened in a native thread.

    The thread itself sets it: a greenlet that is killed meanwhile still finds it to close.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        self._path = path
        self._plain = plain
        self.descriptor = -1

    def open(self) -> os.stat_result:
        """Open for reading a file, or a pipe that this process was started with.

        Raises:
            OSError: it is not there, or neither of both, or, with `plain`, no file of that name.
        """
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        self.descriptor = os.open(self._path, flags | (os.O_NOFOLLOW if self._plain else 0))
        found = os.fstat(self.descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if not stat.S_ISREG(found.st_mode) and (self._plain or not _is_own(self._path)):
            what = "a pipe" if stat.S_ISFIFO(found.st_mode) else "a device or a socket"
            raise OSError(errno.EINVAL, f"it is {what} and no file; a command may read it")
        return found

    def close(self) -> None:
        """Close it, if it was opened."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class Extent:
    """How far a file is read: as far as it went when it was opened, though it may grow."""

    def __init__(self, size: int) -> None:
        self.left = size
        """Bytes not read yet."""
        self.grew = False
        """Whether there was more when it was read: its last line may have been half there."""


def listed(
    native: Native,
    descriptor: int,
    form: Format,
    name: str,
    wait: Callable[[], None] | None = None,
    extent: Extent | None = None,
) -> Blocks:
    """Yield the lines of a list, in its format.

    Raises:
        SourceError: the format cannot use the list, or not to its end.
    """
    steps = form.lines(pieces(descriptor, extent))
    try:
        yield from stream(native, steps, wait or _waiter(descriptor))
    except ValueError as error:
        raise failed(name, str(error)) from None


def stream(native: Native, steps: Steps, wait: Callable[[], None] = lambda: None) -> Blocks:
    """Yield the blocks of a generator that runs in a native thread; `wait` where none has come."""
    while True:
        try:
            block = native.call(steps.__next__)
        except StopIteration:
            return
        if block:
            yield block
        else:
            wait()


def pieces(descriptor: int, extent: Extent | None = None) -> Pieces:
    """Yield the bytes of a descriptor; gzip is recognized by its first bytes, and unpacked.

    Raises:
        EOFError, zlib.error: the gzip is torn or broken.
    """
    source, head = _raw(descriptor, extent), b""
    for piece in source:
        if piece is None:
            yield None
            continue
        head += piece
        if len(head) >= len(_GZIP):
            break
    if head:
        whole = chain((head,), source)
        yield from _unpacked(whole) if head.startswith(_GZIP) else whole


def _waiter(descriptor: int) -> Callable[[], None]:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return lambda: None
    return lambda: wait_read(descriptor)


def _is_own(path: Path) -> bool:
    """Tell whether a path names a descriptor that this process was started with."""
    return path == Path("/dev/stdin") or path.parent in {Path("/dev/fd"), Path("/proc/self/fd")}


def _raw(descriptor: int, extent: Extent | None = None) -> Pieces:
    if extent:
        return _file(descriptor, extent)
    return _pipe(descriptor)


def _file(descriptor: int, extent: Extent) -> Pieces:
    """Yield the bytes of a file; where it grew meanwhile, without a last line that has no end."""
    held, packed = b"", os.pread(descriptor, len(_GZIP), 0) == _GZIP
    while piece := os.read(descriptor, min(PIECE_BYTES, extent.left)):
        extent.left -= len(piece)
        piece = held + piece
        end = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1
        if packed or len(piece) - end > PIECE_BYTES:
            end = len(piece)
        if end:
            yield piece[:end]
        held = piece[end:]
    extent.grew = not extent.left and bool(os.read(descriptor, 1))
    if held and not extent.grew:
        yield held


def _pipe(descriptor: int) -> Pieces:
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        yield None  # before its first writer has come, a pipe reads as if it had ended
    while True:
        try:
            piece = os.read(descriptor, PIECE_BYTES)
        except BlockingIOError:
            yield None
            continue
        if not piece:
            return
        yield piece


def _unpacked(source: Pieces) -> Pieces:
    """Yield the content of gzip in pieces of bounded size; it may have several members."""
    inflate, members = zlib.decompressobj(31), Frames()
    for piece in source:
        if piece is None:
            yield None
            continue
        while piece:
            if inflate.eof:
                piece = piece.lstrip(b"\0")  # noqa: PLW2901  padding, as of tapes
                if piece:
                    _count(members)
                    inflate = zlib.decompressobj(31)
            else:
                yield members.decoded(inflate.decompress(piece, PIECE_BYTES))
                piece = inflate.unused_data if inflate.eof else inflate.unconsumed_tail  # noqa: PLW2901
    yield inflate.flush()
    if not inflate.eof:
        raise EOFError("its gzip ends before its own end mark")


def _count(members: Frames) -> None:
    try:
        members.another()
    except ValueError as error:
        raise zlib.error(str(error)) from None
