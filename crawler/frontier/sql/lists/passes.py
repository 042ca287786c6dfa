"""Passes: one reading of one source by one process, from its beginning to its end.

A pass adds at once and takes nothing away: what a changed chunk named before stays listed, in
`dropped`, until the pass is applied. So a pass that breaks off, or is not believed, costs no URL.
"""

from collections import Counter
from collections.abc import Sequence

from crawler.errors import PassLostError
from crawler.frontier.list_values import Pass, SourceState
from crawler.frontier.process import Process
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.lists.chunks import packed, read_fingerprints, unpacked
from crawler.frontier.sql.lists.retiring import check_owner, unlist
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.work import CountDown, Tidied
from crawler.model import Seconds

DROPPED_AT_ONCE = 1
"""Chunks, or rows of URLs that changed ones lost, of one transaction: thousands of URLs each."""
_BEGIN = """
UPDATE source SET reader = :owner, pass = pass + 1 WHERE id = :id
AND (reader IS NULL OR reader IN (:owner, :gone) OR reader NOT IN (SELECT id FROM process))
RETURNING pass"""
_READER = """
SELECT other.id, other.machine, other.pid, other.born, mine.machine
FROM source JOIN process AS other ON other.id = source.reader JOIN process AS mine ON mine.id = ?
WHERE source.id = ?"""
_SOURCE = """
SELECT id, version, listed, bad, filtered, filter_mark FROM source WHERE job = ? AND name = ?"""
_APPLIED = """
UPDATE source SET version = ?, listed = ?, bad = ?, filtered = ?, filter_mark = ?, synced_at = ?
WHERE id = ?"""
_BEHIND = """
SELECT past.id, past.fingerprints FROM source JOIN {0} AS past ON past.source = source.id
WHERE source.job = ? LIMIT ?"""


def begin_pass(db: Connection, names: Names, owner: int, job: str, name: str) -> Pass | None:
    """Begin to read a source, which becomes known; None while another living process reads it."""
    check_owner(db, owner)
    job_id = names.job_id(db, job)
    db.execute("INSERT OR IGNORE INTO source (job, name) VALUES (?, ?)", (job_id, name))
    number, version, listed, bad, filtered, mark = db.execute(_SOURCE, (job_id, name)).fetchone()
    asked = {"owner": owner, "id": number, "gone": owner}
    begun = db.execute(_BEGIN, asked).fetchall()
    if not begun and (gone := _gone_reader(db, owner, number)):
        begun = db.execute(_BEGIN, {**asked, "gone": gone}).fetchall()
    if not begun:
        return None
    state = SourceState(number, version, listed, bad, filtered=filtered, filter_mark=mark)
    return Pass(owner, job, number, begun[0][0], state)


def _gone_reader(db: Connection, owner: int, source: int) -> int | None:
    """Return the reader of a source that has certainly ended, though nobody took it for dead yet.

    Where no daemon runs nobody does.
    """
    for reader, machine, pid, born, ours in db.execute(_READER, (owner, source)).fetchall():
        if Process(machine, pid, born).is_gone(ours):
            return int(reader)
    return None


def count_down(one: Slice, work: CountDown) -> Tidied[None]:
    """Take away some of what a job's lists named before another job took its URLs along.

    That is done before a list is read under the old name: what has left is new then, and what
    stayed behind is retired unless a list names it.
    """
    more = _count_down(one.db, one.names.job_id(one.db, work.job))
    return Tidied(None, one.after if more else None)


def _count_down(db: Connection, number: int) -> bool:
    if not db.execute("SELECT behind FROM job WHERE id = ?", (number,)).fetchone()[0]:
        return False
    for table in ("chunk", "dropped"):
        rows = db.execute(_BEHIND.format(table), (number, DROPPED_AT_ONCE)).fetchall()
        for one, fingerprints in rows:
            unlist(db, unpacked(fingerprints))
            db.execute(f"DELETE FROM {table} WHERE id = ?", (one,))
        if rows:
            return True
    db.execute("UPDATE job SET behind = FALSE WHERE id = ?", (number,))
    return False


def end_pass(
    db: Connection,
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
    if check(db, one, ended=True):  # its reply was lost
        return None
    if gone is not None:
        upto = after + DROPPED_AT_ONCE
        more = _drop(db, one, gone[after:upto])
        if more or upto < len(gone):
            return min(upto, len(gone))
    note(db, one, read, now)
    return None


def _drop(db: Connection, one: Pass, anchors: Sequence[int]) -> bool:
    """Forget chunks, and some of what changed chunks lost; tell if there is more of the latter."""
    for anchor in anchors:
        unlist(db, read_fingerprints(db, one.source, anchor))
    db.executemany(
        "DELETE FROM chunk WHERE source = ? AND anchor = ?", [(one.source, a) for a in anchors]
    )
    return unlist_dropped(db, one.source)


def note(db: Connection, one: Pass, read: SourceState | None, now: Seconds) -> None:
    """End a pass; note the state of its source, and who read it, if that was to its end."""
    db.execute(
        "UPDATE source SET reader = NULL, read_by = ? WHERE id = ?",
        (None if read is None else one.owner, one.source),
    )
    if read is None or _dropped(db, one.source, 1):
        return
    counted = (read.version, read.listed, read.bad, read.filtered, read.filter_mark)
    db.execute(_APPLIED, (*counted, now, one.source))
    db.execute(
        "DELETE FROM source WHERE id = ? AND version = '' AND listed = 0 "
        "AND NOT EXISTS (SELECT 1 FROM chunk WHERE chunk.source = source.id)",
        (one.source,),
    )


def unlist_dropped(db: Connection, source: int) -> bool:
    """Take away some of what changed chunks lost; return whether there is more."""
    rows = _dropped(db, source, DROPPED_AT_ONCE)
    for number, fingerprints in rows:
        unlist(db, unpacked(fingerprints))
        db.execute("DELETE FROM dropped WHERE id = ?", (number,))
    return len(rows) == DROPPED_AT_ONCE


def note_dropped(db: Connection, source: int, removed: "Counter[int]") -> None:
    """Note which URLs changed chunks named before, with numbers, until the pass is applied."""
    if removed:
        db.execute(
            "INSERT INTO dropped (source, fingerprints) VALUES (?, ?)",
            (source, packed(removed.elements())),
        )


def _dropped(db: Connection, source: int, limit: int) -> list[tuple[int, bytes]]:
    return db.execute(
        "SELECT id, fingerprints FROM dropped WHERE source = ? LIMIT ?", (source, limit)
    ).fetchall()


def check(db: Connection, one: Pass, *, ended: bool = False) -> bool:
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
