"""Sources of URLs and the chunks of their lines.

A source is remembered as chunks of its lines, each with the fingerprints of its URLs. A chunk whose
key is known costs nothing; of a chunk that changed only the difference is written. They are written
by passes, see passes.py.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from crawler.frontier.answers import Page
from crawler.frontier.list_values import KnownChunk, ReadChunk, SourceState
from crawler.frontier.process import host_name
from crawler.frontier.queries import Chunks, Sources
from crawler.frontier.sql.connection import Connection
from crawler.frontier.values import BEFORE_ALL
from crawler.records import Seed

SOURCES_AT_ONCE = 1000
CHUNKS_AT_ONCE = 10_000
"""Of about 1,000 URLs each."""
_SOURCES = """
SELECT source.name, source.id, source.version, listed, bad, ifnull(other.machine, ''),
    mine.id IS NOT NULL AND other.id IS NULL AND own.id IS NULL AND EXISTS (
        SELECT 1 FROM process WHERE process.machine != mine.machine), filtered, filter_mark
FROM source JOIN job ON job.id = source.job
LEFT JOIN process AS mine ON mine.id = ?
LEFT JOIN process AS other ON other.id = read_by AND other.machine != mine.machine
LEFT JOIN process AS own ON own.id = read_by AND own.machine = mine.machine
WHERE job.name = ? AND source.id > ? ORDER BY source.id LIMIT ?"""
_CHUNKS = """
SELECT anchor, key, length(fingerprints) / 8, bad, filtered FROM chunk
WHERE source = ? AND anchor >= ? ORDER BY anchor LIMIT ?"""
_CHUNK = """
INSERT INTO chunk (source, anchor, key, bad, fingerprints, filtered) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (source, anchor) DO UPDATE SET key = excluded.key, bad = excluded.bad,
    fingerprints = excluded.fingerprints, filtered = excluded.filtered"""


def fingerprints(db: Connection, number: int, anchor: int) -> list[int]:
    """Return the fingerprints of the URLs on a chunk."""
    return read_fingerprints(db, number, anchor).tolist()


def sources(db: Connection, query: Sources, after: int) -> Page[tuple[str, SourceState]]:
    """Return a slice of a job's sources as they were read last; the cursor is a number of one."""
    asked = (query.owner, query.job, after, SOURCES_AT_ONCE)
    rows = db.execute(_SOURCES, asked).fetchall()
    found = [(name, _state(row)) for name, *row in rows]
    return Page(found, found[-1][1].id if len(found) == SOURCES_AT_ONCE else None)


def _state(row: list[Any]) -> SourceState:
    number, version, listed, bad, machine, unclaimed, filtered, mark = row
    elsewhere = host_name(machine)
    return SourceState(number, version, listed, bad, elsewhere, bool(unclaimed), filtered, mark)


def chunks(db: Connection, query: Chunks, after: int) -> Page[tuple[int, KnownChunk]]:
    """Return a slice of the chunks of a source as they were read last.

    They come by anchors, which have a sign, and so the cursor counts from the lowest one.
    """
    rows = db.execute(_CHUNKS, (query.source, after + BEFORE_ALL, CHUNKS_AT_ONCE)).fetchall()
    found = [(anchor, KnownChunk(*known)) for anchor, *known in rows]
    more = len(found) == CHUNKS_AT_ONCE
    return Page(found, found[-1][0] + 1 - BEFORE_ALL if more else None)


class Change(NamedTuple):
    """A chunk beside what was known of it."""

    chunk: ReadChunk
    fingerprints: bytes
    """Of the URLs on it, as a row has them."""
    came: list[Seed]
    gone: "Counter[int]"
    """Fingerprints of URLs that are on it no more, with numbers."""


class Changes(NamedTuple):
    """What chunks of a source change."""

    known: dict[int, bytes]
    """The rows that were found, by anchor: the changes hold as long as they are the same."""
    all: list[Change]

    @property
    def came(self) -> Iterator[Seed]:
        """Return the seeds that come."""
        return (seed for one in self.all for seed in one.came)


def rows_of(db: Connection, source: int, anchors: Iterable[int]) -> dict[int, bytes]:
    """Return the rows of fingerprints of chunks, by anchor; empty where one is not known."""
    return {anchor: _row(db, source, anchor) for anchor in anchors}


def changes(known: dict[int, bytes], chunks: Iterable[ReadChunk]) -> Changes:
    """Compare chunks with the rows that are known of them."""
    before, found = dict(known), []
    for chunk in chunks:
        row = array("q", [seed.fingerprint for seed in chunk.seeds])
        new, gone = _difference(unpacked(before.get(chunk.anchor, b"")), row)
        came = [seed for seed in chunk.seeds if _taken(new, seed.fingerprint)]
        before[chunk.anchor] = row.tobytes()
        found.append(Change(chunk, before[chunk.anchor], came, gone))
    return Changes(known, found)


def write(db: Connection, source: int, changed: Changes) -> None:
    """Write chunks anew."""
    rows = [
        (source, chunk.anchor, chunk.key, chunk.bad, row, chunk.filtered)
        for chunk, row, *_ in changed.all
    ]
    db.executemany(_CHUNK, rows)


def read_fingerprints(db: Connection, number: int, anchor: int) -> "array[int]":
    """Return the fingerprints of the URLs on a chunk; there are none where it is not known."""
    return unpacked(_row(db, number, anchor))


def _row(db: Connection, source: int, anchor: int) -> bytes:
    row = db.execute(
        "SELECT fingerprints FROM chunk WHERE source = ? AND anchor = ?", (source, anchor)
    ).fetchone()
    return bytes(row[0]) if row else b""


def packed(fingerprints: Iterable[int]) -> bytes:
    """Return fingerprints as a row has them, 8 bytes each."""
    return array("q", fingerprints).tobytes()


def unpacked(row: bytes) -> "array[int]":
    """Return the fingerprints of a row."""
    found = array("q")
    found.frombytes(row)
    return found


def _difference(
    before: "array[int]", after: "array[int]"
) -> tuple["Counter[int] | None", "Counter[int]"]:
    """Return the fingerprints that came (None: all of them) and those that went, with numbers."""
    if not before:
        return None, Counter()
    one, other = Counter(before), Counter(after)
    return other - one, one - other


def _taken(new: "Counter[int] | None", fingerprint: int) -> bool:
    """Tell whether a URL is among those that came, and take it out of them."""
    if new is None:
        return True
    if new[fingerprint] <= 0:
        return False
    new[fingerprint] -= 1
    return True
