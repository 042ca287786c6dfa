"""Content-defined chunks of a stream of lines: a changed line touches its own chunk, and no other.

Theory. A list of ten million lines is read again and again, and hardly any of it changes. To find
the change without keeping ten million lines, a reading is cut into chunks, and of each chunk the
frontier keeps two numbers: an anchor, which is its identity, and a key, which is its content.

1. A chunk ends at a line whose checksum says so, about one line in _LINES_PER_END; never by
   counting. After an insertion the next such line is the same as before, and so are all chunks
   behind it (Muthitacharoen, "A Low-bandwidth Network File System", 2001, does so with bytes).
2. A chunk has MIN_LINES at least and MAX_LINES or MAX_BYTES at most, whatever its lines are: so a
   hostile list makes neither a chunk a line nor one chunk in all.
3. The anchor is the hash of the line that ends the chunk, with its ordinal among equal end lines:
   unique in one reading, and unchanged as long as no equal line comes or goes before it.
4. A chunk whose anchor and key are known costs only its reading. A known anchor with another key is
   a changed chunk; an anchor that a whole reading did not bring is a chunk that is gone.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import accumulate, islice
from zlib import crc32

from crawler.value import value

MIN_LINES = 64
"""Lines that a chunk has at least, but the last one."""
MAX_LINES = 4096
"""Lines that a chunk has at most."""
MAX_BYTES = 1 << 20
"""A chunk ends with the line that takes it beyond."""
_LINES_PER_END = 1024
"""One line of so many may end a chunk."""


@value
class Chunk:
    """Consecutive lines of a list."""

    number: int
    """Of its first line, from 1."""
    lines: list[bytes]
    anchor: int
    """Its identity: the line that ends it, and its ordinal among equal end lines."""
    key: int
    """Its content; equal keys mean equal lines with equal meaning. Signed, as SQLite stores it."""


class Chunker:
    """Cuts one reading of a list; how its lines are fed makes no difference.

    The salt holds all that decides what a line means, except its bytes. A line holds no line end.
    """

    def __init__(self, salt: bytes) -> None:
        self._salt = blake2b(salt, digest_size=32).digest()
        self._number = 1
        self._lines: list[bytes] = []
        self._size = 0
        self._ends: list[int] = []
        """Where lines that may end a chunk end, counted from the first of `_lines`."""
        self._seen: dict[int, int] = {}
        """How often a line, by its hash, has ended a chunk."""

    def feed(self, lines: Iterable[bytes]) -> Iterator[Chunk]:
        """Take lines in and yield the chunks that are complete; to be iterated to its end."""
        source = iter(lines)
        while block := list(islice(source, MAX_LINES)):
            ends = enumerate(map(crc32, block), len(self._lines) + 1)
            self._ends += [end for end, number in ends if not number % _LINES_PER_END]
            self._lines += block
            self._size += sum(map(len, block))
            yield from self._cut()

    def finish(self) -> Iterator[Chunk]:
        """Yield what is left as the last chunk; the chunker is used up."""
        if self._lines:
            yield self._chunk(self._lines)
        self._lines = []

    def _cut(self) -> Iterator[Chunk]:
        start = 0
        while (end := self._end(start)) is not None:
            yield self._chunk(self._lines[start:end])
            start = end
        if start:
            del self._lines[:start]
            self._ends = [end - start for end in self._ends if end > start]

    def _end(self, start: int) -> int | None:
        """Return where the chunk that starts there ends, if that is known yet."""
        at = bisect_left(self._ends, start + MIN_LINES)
        end = min(self._ends[at] if at < len(self._ends) else start + MAX_LINES, start + MAX_LINES)
        if self._size > MAX_BYTES:
            sizes = accumulate(map(len, islice(self._lines, start, end)))
            end = next((n for n, size in enumerate(sizes, start + 1) if size > MAX_BYTES), end)
        return end if end <= len(self._lines) else None

    def _chunk(self, lines: list[bytes]) -> Chunk:
        content, last = b"\n".join(lines), self._hash(lines[-1])
        before = self._seen.get(last, 0)
        self._seen[last] = before + 1
        anchor = self._hash(b"%d %d" % (last, before))
        chunk = Chunk(self._number, lines, anchor, self._hash(content))
        self._number += len(lines)
        self._size -= len(content) - len(lines) + 1
        return chunk

    def _hash(self, content: bytes) -> int:
        digest = blake2b(content, digest_size=8, key=self._salt).digest()
        return int.from_bytes(digest, "big", signed=True)
