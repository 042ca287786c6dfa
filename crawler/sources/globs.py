"""The `urls` of a job: every pattern expanded, in slices, into lines that can be read again."""

import re
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

import gevent

from crawler.policy import globbing
from crawler.sources.contract import Blocks, Entries, Fields, Source, Unchanged, failed, short_hash
from crawler.sources.texts import check_headers
from crawler.urls import canonical

MAX_ORIGINS = 1000
"""Origins of a job's patterns whose robots.txt is asked for sitemaps."""
_LINES_AT_ONCE = 512
"""URLs of a block: some 2 ms of expanding."""
_TURN_S = 0.02
"""Longest stretch without a pause for the other greenlets."""
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n"}
_PLAIN = {escape: char for char, escape in _ESCAPES.items()}


class Globs(Source):
    """All patterns of a job, one after the other.

    A line is the URL and the values of its globs that the job uses, `URL<tab>cc=cn<tab>id=7`.
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

    def version(self) -> str:
        texts = "\n".join(self._patterns).encode("utf-8", "surrogatepass")
        return short_hash(self.salt + b"\0" + texts)

    def read(self, known_version: str) -> Blocks:
        if self.version() == known_version:
            raise Unchanged
        lines = self._lines()
        pause_at = time.monotonic() + _TURN_S
        while block := list(islice(lines, _LINES_AT_ONCE)):
            yield block
            if time.monotonic() >= pause_at:
                gevent.sleep(0.001)
                pause_at = time.monotonic() + _TURN_S
        self.version_read = self.version()

    def parse(self, line: bytes) -> Entries:
        url, *cells = line.decode("utf-8", "surrogatepass").split("\t")
        pairs = (_unescaped(cell).partition("=") for cell in cells)
        bound = {name: value for name, _, value in pairs}
        check_headers(bound, self._fields)
        yield _unescaped(url), bound

    def where(self, number: int) -> str:
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
            yield from _expanded(pattern, self._fields.needed | self._fields.wanted)


def origins_of(patterns: Sequence[str]) -> list[str]:
    """Return the origins (RFC 6454) that patterns name, the first MAX_ORIGINS of them."""
    found: dict[str, None] = {}
    for pattern in patterns:
        scheme, _, tail = pattern.partition("://")
        authority = re.split(r"[/?#]", tail, maxsplit=1)[0]
        with suppress(ValueError):  # a glob over more than the host: its URLs will name none
            for url, _ in islice(globbing.parse(f"{scheme}://{authority}/"), MAX_ORIGINS):
                found.setdefault(canonical(url).rstrip("/"))
    return list(islice(found, MAX_ORIGINS))


def _expanded(pattern: globbing.Pattern, used: frozenset[str]) -> Iterator[bytes]:
    """Yield the lines of a pattern, with the values of its globs that are used.

    A value that needs an escape gets it before it is multiplied.
    """
    parts = _parts(pattern, used)
    slots = [part for part in parts if isinstance(part, int)]
    template = "".join(map(_template, parts))
    for values in globbing.product(list(map(_safe, pattern.globs))):
        yield (template % tuple([values[slot] for slot in slots])).encode("utf-8", "surrogatepass")


def _parts(pattern: globbing.Pattern, used: frozenset[str]) -> list[str | int]:
    """Return the parts of a line: texts, and numbers of globs whose values stand there."""
    positions = {str(at): at - 1 for at in range(1, len(pattern.globs) + 1)}
    positions |= {glob.name: at for at, glob in enumerate(pattern.globs)}
    parts = [_escaped(part) if isinstance(part, str) else part for part in pattern.parts]
    for name in sorted(used & pattern.names):
        parts += [f"\t{name}=", positions[name]]
    return parts


def _template(part: str | int) -> str:
    return "%s" if isinstance(part, int) else part.replace("%", "%%")


def _safe(glob: globbing.Glob) -> globbing.Glob:
    if isinstance(glob.values, range):
        return glob
    return replace(glob, values=tuple(map(_escaped, glob.values)))


def _escaped(text: str) -> str:
    return re.sub(r"[\\\t\n]", lambda match: _ESCAPES[match.group()], text)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return re.sub(r"\\.", lambda match: _PLAIN[match.group()], text)
