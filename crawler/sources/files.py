"""Lists on this machine: a file, or all files that match a pattern."""

import glob
import os
import stat
import time
from contextlib import closing
from pathlib import Path

import gevent

from crawler.model import Seconds
from crawler.policy.stillness import UNENDED_S, is_unfinished
from crawler.sources.contract import (
    UNREADABLE,
    Blocks,
    Entries,
    Fields,
    Source,
    Unchanged,
    errors_named,
    failed,
    short_hash,
)
from crawler.sources.formats import format_of
from crawler.sources.reading import Extent, Opened, listed
from crawler.sources.wholeness import look
from crawler.threads import Native

LOOK_S: Seconds = 1.0
"""Longest time between two looks at a file that may still be written."""
TICK_NS = 20_000_000
"""The clock of a file system may stand still for so long: younger files are waited for."""


def lists_at(path: Path, fields: Fields, *, patient: bool = False) -> list[Source]:
    """Return the lists that a path or a pattern of paths names.

    A `patient` list waits before it is read until nobody seems to write it any more.
    """
    text = str(path)
    if not glob.has_magic(text):
        return [FileList(path, fields, patient=patient)]
    with Native(1) as native:
        found = native.call(_matching, text)
    if not found:
        return [Nothing(f"url_file:{text}", "no file matches this pattern")]
    return [FileList(one, fields, patient=patient) for one in found]


class FileList(Source):
    """A file, or a pipe, of URLs: plain text, CSV or JSON lines, perhaps gzip."""

    def __init__(
        self,
        path: Path,
        fields: Fields,
        *,
        kind: str = "url_file",
        plain: bool = False,
        patient: bool = False,
    ) -> None:
        super().__init__(f"{kind}:{path}")
        self.path = path
        self.plain = plain
        self.patient = patient
        self.form = format_of(path.name, fields)
        self._meaning = short_hash(self.form.salt)
        self.version_opened = ""
        """Version of the content when the last reading began."""
        self.size_opened = 0
        """Its bytes then."""

    @property
    def salt(self) -> bytes:
        return self.form.salt

    def version(self) -> str:
        with Native(1) as native:
            try:
                return self._version(
                    native.call(os.stat, self.path, follow_symlinks=not self.plain)
                )
            except UNREADABLE:
                return ""

    def read(self, known_version: str) -> Blocks:
        opened = self.opened()
        with errors_named(self.name), Native(1) as native, closing(opened):
            self.version_opened = self.version_read = ""
            self.grew = False
            if self.patient:
                self._wait(native)
            before = self._settled(native, opened)
            self.version_opened, self.size_opened = self._version(before), before.st_size
            if self.version_opened and self.version_opened == known_version:
                raise Unchanged
            extent = Extent(before.st_size) if self.version_opened else None
            yield from listed(native, opened.descriptor, self.form, self.name, extent=extent)
            self._check(before, native.call(os.fstat, opened.descriptor))
            self.version_read = self.version_opened

    def parse(self, line: bytes) -> Entries:
        return self.form.parse(line)

    def opened(self) -> Opened:
        """Return its descriptor, which is not open yet."""
        return Opened(self.path, plain=self.plain)

    def was_read(self, found: os.stat_result) -> None:
        """Note that its content was read to its end."""
        self.version_opened, self.size_opened = self._version(found), found.st_size
        self.version_read = self.version_opened

    def _wait(self, native: Native) -> None:
        """Wait until nobody seems to write the file any more, but not for ever."""
        deadline = time.monotonic() + UNENDED_S
        while True:
            seen = native.call(look, self.path, plain=self.plain)
            left = deadline - time.monotonic()
            if not seen.wait or left <= 0:
                self.unended = seen.unended or ("it is still being written" if seen.wait else "")
                return
            gevent.sleep(min(seen.wait, left, LOOK_S))

    def _settled(self, native: Native, opened: Opened) -> os.stat_result:
        """Open and return the state of the file, which any later change will differ from.

        Two changes within one tick of the file system's clock look like one.
        """
        found = native.call(opened.open)
        if not 0 <= time.time_ns() - found.st_ctime_ns < TICK_NS:
            return found
        gevent.sleep(TICK_NS / 1e9)
        return native.call(os.fstat, opened.descriptor)

    def _check(self, before: os.stat_result, after: os.stat_result) -> None:
        """Check that the file was not written anew meanwhile: half of it is not the whole list.

        A file that is replaced meanwhile is whole; only its ctime changes, with its last name. One
        that grew was read as far as it went, and is not the last word on what it lists.
        """
        self.grew = bool(self.version_opened) and after.st_size > before.st_size
        if self.grew:
            return
        if self.version_opened and not is_same(before, after):
            raise failed(
                self.name, "changed while it was read; write it elsewhere and rename it into place"
            )

    def _version(self, found: os.stat_result) -> str:
        """Return size, times, inode and meaning of the lines; "" where there is no regular file."""
        if not stat.S_ISREG(found.st_mode):
            return ""
        times = f"{found.st_mtime_ns}-{found.st_ctime_ns}"
        return f"{found.st_size}-{times}-{found.st_ino}-{self._meaning}"


class Nothing(Source):
    """A source that is known not to be there."""

    salt = b""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name)
        self._reason = reason

    def read(self, known_version: str) -> Blocks:  # noqa: ARG002  nothing is ever unchanged
        raise failed(self.name, self._reason)

    def parse(self, line: bytes) -> Entries:  # noqa: ARG002  it has none
        return iter(())


def _matching(pattern: str) -> list[Path]:
    """Return the files that match; a file whose name looks like a pattern is itself."""
    if os.path.lexists(pattern):
        return [Path(pattern)]
    found = glob.iglob(pattern, recursive=True)  # noqa: PTH207  the pattern is a whole path
    return [
        path for path in map(Path, sorted(found)) if not path.is_dir() and _is_meant(path, pattern)
    ]


def _is_meant(path: Path, pattern: str) -> bool:
    """Tell whether a pattern means a file; unfinished ones only if it names their ending itself."""
    return not is_unfinished(path.name) or pattern.endswith(path.suffix or "~")


def is_same(before: os.stat_result, after: os.stat_result) -> bool:
    """Tell whether a file that is open was not written in between."""
    return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
