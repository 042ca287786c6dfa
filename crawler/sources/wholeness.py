"""Whether somebody still writes a file, and whether it ends as its format ends.

All of it runs in a native thread.
"""

import errno
import fcntl
import os
import signal
import stat
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from crawler.model import Seconds
from crawler.policy.stillness import UNENDED_S, wait_for

_PIECE_BYTES = 262_144
_TAIL_BYTES = 64
_GZIP = b"\x1f\x8b"
_ENDS = {b"[": b"]", b"<": b">"}
"""Last byte of a list by its first one. Lines end with LF or CR, those of a text in <> too."""


class Look(NamedTuple):
    """A file as it is now."""

    wait: Seconds
    """Time after which it may be taken; 0 for now."""
    unended: str
    """Why it is not known to be whole; "" if it is."""


def look(path: Path, *, plain: bool = False) -> Look:
    """Look at a file; what is no file at all is not waited for.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags | (os.O_NOFOLLOW if plain else 0))
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return Look(0.0, "")
        still = abs(time.time() - found.st_mtime)
        unended = _unended(descriptor, found.st_size, still)
        return Look(wait_for(still, whole=not unended), unended if found.st_size else "")
    finally:
        os.close(descriptor)


def _unended(descriptor: int, size: int, still: Seconds) -> str:
    if _is_written(descriptor):
        return "another program has it open for writing"
    if not _has_end(descriptor, size, still):
        return "its end is not there: a line end, a closing bracket, or the rest of its gzip"
    return ""


def _is_written(descriptor: int) -> bool:
    """Tell whether somebody has the file open for writing, as far as the system tells.

    A read lease is refused then (fcntl(2), F_SETLEASE). It is given back at once; who opens the
    file for writing in between sends its signal, by default one that ends the process.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    with suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _has_end(descriptor: int, size: int, still: Seconds) -> bool:
    head = os.pread(descriptor, _TAIL_BYTES, 0)
    if head.startswith(_GZIP):
        return still >= UNENDED_S or _gzip_has_end(descriptor)
    tail = os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first in _ENDS and tail.rstrip().endswith(_ENDS[first]):
        return True
    return first != b"[" and tail.rstrip(b"\0 \t").endswith((b"\n", b"\r"))


def _gzip_has_end(descriptor: int) -> bool:
    """Tell whether the last member is whole; one that is broken is told when it is read."""
    inflate, at = zlib.decompressobj(31), 0
    try:
        while piece := os.pread(descriptor, _PIECE_BYTES, at):
            at += len(piece)
            inflate = _inflated(inflate, piece)
    except zlib.error:
        return True
    return inflate.eof


def _inflated(inflate: "zlib._Decompress", piece: bytes) -> "zlib._Decompress":
    """Unpack a piece, for nothing but its end, and return the member that goes on or has ended."""
    while piece:
        if inflate.eof:
            piece = piece.lstrip(b"\0")
            inflate = zlib.decompressobj(31) if piece else inflate
        else:
            inflate.decompress(piece, _PIECE_BYTES)
            piece = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
    return inflate
