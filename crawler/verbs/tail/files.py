"""Files of logs: plain ones, those that a rotation has packed, and pipes."""

import gzip
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from crawler.errors import CrawlerError, UsageError

_GZIP = b"\x1f\x8b"


def reader(stack: ExitStack, path: Path) -> Callable[[int], bytes]:
    """Return what reads the next line of a file, of so many bytes at the most."""
    file = stack.enter_context(path.open("rb"))
    if not file.peek(len(_GZIP)).startswith(_GZIP):
        return file.readline
    unpacked = stack.enter_context(gzip.GzipFile(fileobj=file))

    def line(size: int) -> bytes:
        try:
            return unpacked.readline(size)
        except (EOFError, OSError, zlib.error) as error:
            raise CrawlerError(f"{path} cannot be unpacked to its end: {error}") from error

    return line


def check(path: Path, *, follow: bool) -> None:
    """Check that a file is one that can be shown, or followed.

    Raises:
        UsageError: it is not.
        OSError: it cannot be read.
    """
    if not path.exists():
        raise UsageError(f"{path} is not there")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name the logs in it")
    if follow:
        _check_followed(path)


def _check_followed(path: Path) -> None:
    if not path.is_file():
        raise UsageError(f"{path} is a pipe or a device: without -f it is read as it comes")
    with path.open("rb") as file:
        if file.read(len(_GZIP)) == _GZIP:
            raise UsageError(f"{path} is packed, and grows no more: leave it out, or leave out -f")
