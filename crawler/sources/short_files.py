"""Short files, read whole in one step of a native thread: a thousand of them cost few turns."""

import os
import stat
import time
from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple

from crawler.model import Seconds
from crawler.sources.contract import UNREADABLE
from crawler.sources.endings import GZIP
from crawler.sources.files import TICK_NS, FileList, is_same
from crawler.sources.reading import Extent, pieces
from crawler.sources.wholeness import look

MAX_BYTES = 16_384
"""Bytes of a file that is read so; what it holds packed may be long."""


class Short(NamedTuple):
    """A file that was read whole, or that was not."""

    lines: list[bytes] | None = None
    """None: it is to be read as every other list, which also tells what is wrong with it."""
    wait: Seconds = 0.0
    """It may be read here after this time, if nobody writes it meanwhile; 0 for never."""


def read_short(files: Sequence[FileList]) -> list[Short]:
    """Read files that are short, whole and still; for a native thread."""
    return [_read(file) for file in files]


def _read(file: FileList) -> Short:
    try:
        wait = _wait(file)
        return Short(wait=wait) if wait else _lines(file)
    except (*UNREADABLE, ValueError):
        return Short()


def _wait(file: FileList) -> Seconds:
    """Return how long nobody may write a file before it is read; one that seems torn is not."""
    if not file.patient:
        return 0.0
    seen = look(file.path, plain=file.plain)
    if seen.unended:
        raise ValueError(seen.unended)
    return seen.wait


def _lines(file: FileList) -> Short:
    with closing(file.opened()) as opened:
        before = opened.open()
        if not _is_short(opened.descriptor, before):
            return Short()
        if 0 <= time.time_ns() - before.st_ctime_ns < TICK_NS:
            return Short(wait=TICK_NS / 1e9)
        blocks = file.form.lines(pieces(opened.descriptor, Extent(before.st_size)))
        lines = [line for block in blocks if block for line in block]
        if not is_same(before, os.fstat(opened.descriptor)):
            return Short()
    file.was_read(before)
    return Short(lines)


def _is_short(descriptor: int, found: os.stat_result) -> bool:
    if not stat.S_ISREG(found.st_mode) or not 0 < found.st_size <= MAX_BYTES:
        return False
    return os.pread(descriptor, len(GZIP), 0) != GZIP
