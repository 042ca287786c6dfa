"""Sources of URLs and the chunks of their lines. Runs in the native thread.

A source is remembered as chunks of its lines, each with the fingerprints of its URLs. A chunk whose
key is known costs nothing; of a chunk that changed only the difference is written. Every call is
one transaction, so a crash in the middle of a list loses nothing and starts over nowhere.
"""

import sqlite3
from array import array
from collections import Counter
from collections.abc import Sequence

from crawler.frontier.meaning import say
from crawler.frontier.names import Names
from crawler.frontier.new_urls import enlist
from crawler.frontier.retiring import revive, unlist
from crawler.frontier.values import KnownChunk, ReadChunk, SourceState, Synced
from crawler.model import Seconds
from crawler.records import Seed

_CHUNK = """
INSERT INTO chunk (source, anchor, key, bad, fingerprints) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (source, anchor) DO UPDATE SET key = excluded.key, bad = excluded.bad,
    fingerprints = excluded.fingerprints"""


def source(db: sqlite3.Connection, names: Names, job: str, name: str) -> SourceState:
    """Return a source as it was read last; a source that is not known gets a number."""
    job_id = names.job_id(db, job)
    db.execute("INSERT OR IGNORE INTO source (job, name) VALUES (?, ?)", (job_id, name))
    number, version, listed, bad = db.execute(
        "SELECT id, mark, listed, bad FROM source WHERE job = ? AND name = ?", (job_id, name)
    ).fetchone()
    return SourceState(number, version, listed, bad)


def source_known(db: sqlite3.Connection, job: str, name: str) -> int | None:
    """Return the number of a source, if it is known."""
    row = db.execute(
        "SELECT source.id FROM source JOIN job ON job.id = job "
        "WHERE job.name = ? AND source.name = ?",
        (job, name),
    ).fetchone()
    return row[0] if row else None


def fingerprints(db: sqlite3.Connection, number: int, anchor: int) -> list[int]:
    """Return the fingerprints of the URLs on a chunk."""
    return _fingerprints(db, number, anchor).tolist()


def sources(db: sqlite3.Connection, job: str) -> dict[str, int]:
    """Return the numbers of a job's sources, by name."""
    rows = db.execute(
        "SELECT source.name, source.id FROM source JOIN job ON job.id = job WHERE job.name = ?",
        (job,),
    )
    return dict(rows.fetchall())


def chunks(db: sqlite3.Connection, number: int) -> dict[int, KnownChunk]:
    """Return the chunks of a source as they were read last, by their anchors."""
    rows = db.execute(
        "SELECT anchor, key, length(fingerprints) / 8, bad FROM chunk WHERE source = ?", (number,)
    )
    return {anchor: KnownChunk(*known) for anchor, *known in rows}


def admit(
    db: sqlite3.Connection,
    names: Names,
    job: str,
    number: int,
    read: Sequence[ReadChunk],
    now: Seconds,
) -> Synced:
    """Take in chunks that are new or changed; return how many URLs came, and came back."""
    job_id = names.job_id(db, job)
    added: list[Seed] = []
    removed: Counter[int] = Counter()
    for chunk in read:
        came, gone = _admit_chunk(db, number, chunk)
        added += came
        removed += gone
    fresh = enlist(db, names, job_id, added, now)
    revived = revive(db, job_id, [seed.fingerprint for seed in added], now)
    unlist(db, removed.elements())
    return Synced(fresh, revived)


def _admit_chunk(
    db: sqlite3.Connection, number: int, chunk: ReadChunk
) -> tuple[list[Seed], "Counter[int]"]:
    """Write a chunk anew; return the seeds that came and the fingerprints that went."""
    fingerprints = array("q", [seed.fingerprint for seed in chunk.seeds])
    new, gone = _difference(_fingerprints(db, number, chunk.anchor), fingerprints)
    say(db, chunk.seeds)
    db.execute(_CHUNK, (number, chunk.anchor, chunk.key, chunk.bad, fingerprints.tobytes()))
    return [seed for seed in chunk.seeds if _taken(new, seed.fingerprint)], gone


def drop(db: sqlite3.Connection, number: int, anchors: Sequence[int]) -> None:
    """Forget chunks that a source no longer has; their URLs are listed there no longer."""
    for anchor in anchors:
        unlist(db, _fingerprints(db, number, anchor))
    db.executemany(
        "DELETE FROM chunk WHERE source = ? AND anchor = ?", [(number, one) for one in anchors]
    )


def source_read(db: sqlite3.Connection, state: SourceState, now: Seconds) -> None:
    """Note that a source was read to its end; a source that holds nothing is forgotten."""
    db.execute(
        "UPDATE source SET mark = ?, listed = ?, bad = ?, synced_at = ? WHERE id = ?",
        (state.version, state.listed, state.bad, now, state.id),
    )
    db.execute(
        "DELETE FROM source WHERE id = ? AND mark = '' AND listed = 0 "
        "AND NOT EXISTS (SELECT 1 FROM chunk WHERE source = id)",
        (state.id,),
    )


def _fingerprints(db: sqlite3.Connection, number: int, anchor: int) -> "array[int]":
    row = db.execute(
        "SELECT fingerprints FROM chunk WHERE source = ? AND anchor = ?", (number, anchor)
    ).fetchone()
    found = array("q")
    if row:
        found.frombytes(row[0])
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
