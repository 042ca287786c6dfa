"""Passes: one reading of one source by one process, from its beginning to its end.

A pass adds at once and takes nothing away: what a changed chunk named before stays listed, in
`dropped`, until the pass is applied. So a pass that breaks off, or is not believed, costs no URL.
Runs in the native thread.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence

from crawler.errors import PassLostError
from crawler.frontier.list_values import (
    NewList,
    Pass,
    Portion,
    SourceState,
    Synced,
)
from crawler.frontier.sqlite.lists.chunks import packed, read_fingerprints, unpacked, write_chunk
from crawler.frontier.sqlite.lists.freshening import freshen
from crawler.frontier.sqlite.lists.new_urls import enlist
from crawler.frontier.sqlite.lists.retiring import check_owner, revive, unlist
from crawler.frontier.sqlite.rows.names import Names
from crawler.frontier.sqlite.rows.slices import Slice
from crawler.frontier.work import CountDown, Tidied
from crawler.model import Seconds
from crawler.records import Seed

DROPPED_AT_ONCE = 1
"""Chunks, or rows of URLs that changed ones lost, of one transaction: thousands of URLs each."""
_BEGIN = """
UPDATE source SET reader = :owner, pass = pass + 1 WHERE id = :id
AND (reader IS NULL OR reader = :owner OR reader NOT IN (SELECT id FROM process))
RETURNING pass"""
_KNOWN = """
SELECT name FROM job WHERE (
    EXISTS (SELECT 1 FROM source WHERE source.job = job.id)
    OR EXISTS (SELECT 1 FROM tally WHERE tally.job = job.id))"""
_BEHIND = """
SELECT past.id, past.fingerprints FROM source JOIN {0} AS past ON past.source = source.id
WHERE source.job = ? LIMIT ?"""


def begin_pass(
    db: sqlite3.Connection, names: Names, owner: int, job: str, name: str
) -> Pass | None:
    """Begin to read a source, which becomes known; None while another living process reads it."""
    check_owner(db, owner)
    job_id = names.job_id(db, job)
    db.execute("INSERT OR IGNORE INTO source (job, name) VALUES (?, ?)", (job_id, name))
    number, version, listed, bad = db.execute(
        "SELECT id, version, listed, bad FROM source WHERE job = ? AND name = ?", (job_id, name)
    ).fetchone()
    begun = db.execute(_BEGIN, {"owner": owner, "id": number}).fetchall()
    if not begun:
        return None
    return Pass(owner, job, number, begun[0][0], SourceState(number, version, listed, bad))


def count_down(one: Slice, work: CountDown) -> Tidied[None]:
    """Take away some of what a job's lists named before another job took its URLs along.

    That is done before a list is read under the old name: what has left is new then, and what
    stayed behind is retired unless a list names it.
    """
    more = _count_down(one.db, one.names.job_id(one.db, work.job))
    return Tidied(None, one.after if more else None)


def _count_down(db: sqlite3.Connection, number: int) -> bool:
    if not db.execute("SELECT behind FROM job WHERE id = ?", (number,)).fetchone()[0]:
        return False
    for table in ("chunk", "dropped"):
        rows = db.execute(_BEHIND.format(table), (number, DROPPED_AT_ONCE)).fetchall()
        for one, fingerprints in rows:
            unlist(db, unpacked(fingerprints))
            db.execute(f"DELETE FROM {table} WHERE id = ?", (one,))
        if rows:
            return True
    db.execute("UPDATE job SET behind = 0 WHERE id = ?", (number,))
    return False


def put(
    db: sqlite3.Connection,
    names: Names,
    owner: int,
    read: Sequence[Portion | NewList],
    now: Seconds,
) -> list[Synced | None]:
    """Take in what was read of lists; return how many URLs came, and came back, with each."""
    check_owner(db, owner)
    return [
        _take_in(db, names, owner, one, now)
        if isinstance(one, NewList)
        else _put(db, names, _own(one, owner), now)
        for one in read
    ]


def _own(read: Portion, owner: int) -> Portion:
    """Return what was read, in a pass of this owner.

    Raises:
        PassLostError: it is a pass of another owner.
    """
    if read.one.owner != owner:
        raise PassLostError("this reading is another process's; it is given up here")
    return read


def _put(db: sqlite3.Connection, names: Names, read: Portion, now: Seconds) -> Synced:
    """Take in chunks that are new or changed."""
    one = read.one
    _check(db, one)
    job_id = names.job_id(db, one.job)
    added: list[Seed] = []
    removed: Counter[int] = Counter()
    for chunk in read.chunks:
        came, gone = write_chunk(db, one.source, chunk)
        added += came
        removed += gone
    db.execute("UPDATE source SET version = '' WHERE id = ? AND version != ''", (one.source,))
    fresh = enlist(db, names, job_id, added, now)
    revived = revive(db, job_id, [seed.fingerprint for seed in added], now)
    for chunk in read.chunks:
        freshen(db, names, job_id, chunk.seeds, now)
    _note_dropped(db, one.source, removed)
    return Synced(fresh, revived)


def _take_in(
    db: sqlite3.Connection, names: Names, owner: int, read: NewList, now: Seconds
) -> Synced | None:
    """Take in the only list of a job in a whole pass; None for a job that is known."""
    if db.execute(f"{_KNOWN} AND name = ?", (read.job,)).fetchone():
        return None
    one = begin_pass(db, names, owner, read.job, read.name)
    if one is None:
        return None
    synced = _put(db, names, Portion(one, read.read), now)
    _note(db, one, SourceState(one.source, read.version, read.listed, read.bad), now)
    if read.schedule:
        db.execute(
            "UPDATE job SET schedule = ? WHERE id = ?",
            (read.schedule, names.job_id(db, read.job)),
        )
    return synced


def end_pass(
    db: sqlite3.Connection,
    one: Pass,
    read: SourceState | None,
    now: Seconds,
    gone: Sequence[int] | None,
    after: int,
) -> int | None:
    """Take away a slice of what a source lost, unless all is kept; at the end end the pass.

    Others may read the source then. Its state is noted as it was read to its end, if it was. A
    source of which something is dropped and not taken away yet keeps its state, without a version:
    it is to be read again. A source that holds nothing is forgotten.
    """
    if _check(db, one, ended=True):  # its reply was lost
        return None
    if gone is not None:
        upto = after + DROPPED_AT_ONCE
        more = _drop(db, one, gone[after:upto])
        if more or upto < len(gone):
            return min(upto, len(gone))
    _note(db, one, read, now)
    return None


def _drop(db: sqlite3.Connection, one: Pass, anchors: Sequence[int]) -> bool:
    """Forget chunks, and some of what changed chunks lost; tell if there is more of the latter."""
    for anchor in anchors:
        unlist(db, read_fingerprints(db, one.source, anchor))
    db.executemany(
        "DELETE FROM chunk WHERE source = ? AND anchor = ?", [(one.source, a) for a in anchors]
    )
    return unlist_dropped(db, one.source)


def _note(db: sqlite3.Connection, one: Pass, read: SourceState | None, now: Seconds) -> None:
    db.execute("UPDATE source SET reader = NULL WHERE id = ?", (one.source,))
    if read is None or _dropped(db, one.source, 1):
        return
    db.execute(
        "UPDATE source SET version = ?, listed = ?, bad = ?, synced_at = ? WHERE id = ?",
        (read.version, read.listed, read.bad, now, one.source),
    )
    db.execute(
        "DELETE FROM source WHERE id = ? AND version = '' AND listed = 0 "
        "AND NOT EXISTS (SELECT 1 FROM chunk WHERE chunk.source = source.id)",
        (one.source,),
    )


def unlist_dropped(db: sqlite3.Connection, source: int) -> bool:
    """Take away some of what changed chunks lost; return whether there is more."""
    rows = _dropped(db, source, DROPPED_AT_ONCE)
    for number, fingerprints in rows:
        unlist(db, unpacked(fingerprints))
        db.execute("DELETE FROM dropped WHERE id = ?", (number,))
    return len(rows) == DROPPED_AT_ONCE


def _note_dropped(db: sqlite3.Connection, source: int, removed: "Counter[int]") -> None:
    if removed:
        db.execute(
            "INSERT INTO dropped (source, fingerprints) VALUES (?, ?)",
            (source, packed(removed.elements())),
        )


def _dropped(db: sqlite3.Connection, source: int, limit: int) -> list[tuple[int, bytes]]:
    return db.execute(
        "SELECT id, fingerprints FROM dropped WHERE source = ? LIMIT ?", (source, limit)
    ).fetchall()


def _check(db: sqlite3.Connection, one: Pass, *, ended: bool = False) -> bool:
    """See that a pass goes on, or, if that will do, has `ended`; return whether it has.

    Raises:
        LeaseLostError: its process was taken for dead.
        PassLostError: the source is read by another pass, or is gone.
    """
    check_owner(db, one.owner)
    found = db.execute("SELECT reader, pass FROM source WHERE id = ?", (one.source,)).fetchone()
    if ended and found in {None, (None, one.number)}:  # one that held nothing was forgotten then
        return True
    if found != (one.owner, one.number):
        raise PassLostError("another reading of this list has begun; this one is given up")
    return False
