"""The `urls` of a job: every pattern expanded, in slices, into lines that can be read again."""

import re
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import gevent

from crawler import globbing
from crawler.sources.contract import Blocks, Entries, Fields, Source, Unchanged, failed, short_hash

_SLICE = 512
"""URLs of a block: some 2 ms of expanding."""
_PAUSE = 0.02
"""Longest stretch without a pause for the other greenlets."""
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n"}
_PLAIN = {escape: char for char, escape in _ESCAPES.items()}


class Globs(Source):
    """All patterns of a job, one after the other.

    A line is the URL and what its globs bound and the job uses, as `URL<tab>cc=cn<tab>id=7`.
    """

    def __init__(self, patterns: Sequence[str], fields: Fields) -> None:
        super().__init__("urls")
        self._patterns = patterns
        self._fields = fields
        self._ends: list[int] = []
        """After how many lines each pattern that was begun ends."""

    @property
    def salt(self) -> bytes:
        return self._fields.salt("urls")

    def mark(self) -> str:
        texts = "\n".join(self._patterns).encode("utf-8", "surrogatepass")
        return short_hash(self.salt + b"\0" + texts)

    def read(self, known_mark: str) -> Blocks:
        if self.mark() == known_mark:
            raise Unchanged
        lines = self._lines()
        pause_at = time.monotonic() + _PAUSE
        while block := list(islice(lines, _SLICE)):
            yield block
            if time.monotonic() >= pause_at:
                gevent.sleep(0.001)
                pause_at = time.monotonic() + _PAUSE
        self.mark_read = self.mark()

    def parse(self, line: bytes) -> Entries:
        url, *cells = line.decode("utf-8", "surrogatepass").split("\t")
        pairs = (_unescaped(cell).partition("=") for cell in cells)
        yield _unescaped(url), {name: value for name, _, value in pairs}

    def place(self, number: int) -> str:
        """Return the pattern that a line comes from."""
        return f"urls[{bisect_left(self._ends, number)}]"

    def _lines(self) -> Iterator[bytes]:
        self._ends = []
        for at, text in enumerate(self._patterns):
            pattern = globbing.parse(text)
            missing = sorted(self._fields.needed - pattern.names)
            if missing:
                raise failed(f"urls[{at}]", f"binds no {{{missing[0]}}}, which path uses")
            self._ends.append(len(pattern) + (self._ends[-1] if self._ends else 0))
            names = sorted((self._fields.needed | self._fields.wanted) & pattern.names)
            for url, bound in pattern:
                yield _line(url, bound, names)


def _line(url: str, bound: Mapping[str, str], names: Sequence[str]) -> bytes:
    cells = [url, *(f"{name}={bound[name]}" for name in names)]
    line = "\t".join(cells)
    if "\\" in line or "\n" in line or line.count("\t") > len(names):
        line = "\t".join(map(_escaped, cells))
    return line.encode("utf-8", "surrogatepass")


def _escaped(text: str) -> str:
    return re.sub(r"[\\\t\n]", lambda match: _ESCAPES[match.group()], text)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return re.sub(r"\\.", lambda match: _PLAIN[match.group()], text)
