"""`crawler forget`: what no list names leaves the ledger."""

from array import array
from collections import Counter
from collections.abc import Sequence
from functools import partial

from crawler.frontier.actions import Forget
from crawler.frontier.answers import Changed, Cursor, Page
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.desk.entries import numbers
from crawler.frontier.sql.desk.selection import upto
from crawler.frontier.sql.desk.slices import ROW_COLUMNS, Meant, Row, one_slice
from crawler.frontier.sql.lists.passes import unlist_dropped
from crawler.frontier.sql.rows.cookies import forget_gone
from crawler.frontier.sql.rows.file import File
from crawler.frontier.sql.rows.fingerprints import TASK_OF, is_known
from crawler.frontier.sql.rows.fingerprints import forget as forget_fingerprints
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.tasks import counted_as, tally
from crawler.frontier.sql.rows.visited import TASKS
from crawler.frontier.sql.states import LEASED, RETIRED, ROBOTS_JOB
from crawler.frontier.sql.visits.files import FILES_AT_ONCE, stored_files
from crawler.frontier.values import BEFORE_ALL
from crawler.model import FIRST_STORE, Seconds
from crawler.policy.naming import path_key
from crawler.stored_files import StoredFile
from crawler.urls import fingerprint

DROPPED, CHUNKS, OTHERS, NAMES = range(4)
"""Parts of the change: what changed chunks of jobs that are gone named; their chunks; the other
URLs; names of files that forgotten URLs had beside their own."""
NAMES_AT_ONCE = 5000
"""Names of files that are looked at in one transaction."""
_MEANT = f"""task.job != {ROBOTS_JOB} AND task.state != {LEASED}
AND ifnull(finished_at, ifnull(first_seen, due_at)) <= ?
AND (task.state = {RETIRED} OR task.job IN (SELECT id FROM job WHERE NOT active))"""
_STORED = f"""
SELECT task.id, job.name, url, fingerprint, path, size, task.digest, task.state = {RETIRED},
    active, store
FROM {TASKS} JOIN job ON job.id = task.job
WHERE {_MEANT} AND task.digest IS NOT NULL AND path IS NOT NULL AND task.id > ? AND task.id <= ?
ORDER BY task.id LIMIT {FILES_AT_ONCE}"""
_NEXT_DROPPED = """
SELECT source.id FROM job CROSS JOIN source ON source.job = job.id
CROSS JOIN dropped ON dropped.source = source.id WHERE NOT active LIMIT 1"""
_OF_GONE = "SELECT 1 FROM source JOIN job ON job.id = source.job WHERE NOT active AND source.id = ?"
_GONE = "FROM chunk JOIN source ON source.id = source JOIN job ON job.id = source.job"
_NEXT_CHUNK = f"""
SELECT chunk.id {_GONE} WHERE NOT active AND chunk.id > ? ORDER BY chunk.id LIMIT 1"""
_CHUNK = f"SELECT fingerprints {_GONE} WHERE NOT active AND chunk.id = ?"
_NAMES = f"SELECT key, task FROM file WHERE key > ? ORDER BY key LIMIT {NAMES_AT_ONCE}"
_NOBODYS = f"""
SELECT key, found.task FROM ({_NAMES}) AS found
WHERE NOT EXISTS (SELECT 1 FROM task WHERE task.id = found.task)"""
_LAST_NAME = f"SELECT max(key), count(*) FROM ({_NAMES})"
_LAST_TASK = "SELECT ifnull(max(id), 0) FROM task"
_IN_ITS_PLACE = f"""
INSERT INTO task (id, fingerprint, job, host, state, due_at, url, listed)
VALUES (?, ?, {ROBOTS_JOB}, 0, {RETIRED}, 0, '', 0)"""
_PLACE = fingerprint(".last", "")


def forget(file: File, action: Forget, now: Seconds, after: Cursor) -> Changed:
    """Forget a slice of the URLs that no list of the configuration names, heard of by `until`.

    What jobs list that are gone goes chunk by chunk, and the chunk no longer names it: so that if
    the job comes back, its lists say anew what was forgotten, and nothing else.
    """
    meant = Meant(_MEANT, (action.until,))
    if action.dry:
        return one_slice(file, meant, OTHERS, after[1], None)
    if after[0] == DROPPED:
        return _forget_dropped(file)
    if after[0] == CHUNKS:
        return _forget_chunk(file, after[1], action.until, now)
    if after[0] == NAMES:
        return _free_names(file, after[1])
    done = one_slice(file, meant, OTHERS, after[1], partial(delete, file.db, now))
    return Changed(done.counts, done.after or (NAMES, BEFORE_ALL))


def forgettable(db: Connection, until: Seconds, after: int) -> Page[StoredFile]:
    """Return some files of the URLs that would be forgotten, which have reserved their names."""
    last, on = upto(db, after)
    rows = db.execute(_STORED, (until, after, last)).fetchall()
    mine = "SELECT 1 FROM file WHERE key = ? AND task = ?"
    named = [
        file
        for file in stored_files(rows)
        if db.execute(mine, (path_key(file.path, file.store), file.task)).fetchone()
    ]
    return Page(named, rows[-1][0] if len(rows) == FILES_AT_ONCE else on)


def still_forgettable(
    db: Connection, files: Sequence[StoredFile], until: Seconds
) -> list[StoredFile]:
    """Return the files of URLs that would still be forgotten, and are as they were."""
    same = f"SELECT 1 FROM task WHERE id = ? AND path = ? AND digest = ? AND {_MEANT}"
    return [
        file
        for file in files
        if db.execute(same, (file.task, file.path, bytes.fromhex(file.digest), until)).fetchone()
    ]


def _forget_dropped(file: File) -> Changed:
    """Take away some of what changed chunks of gone jobs named before they changed."""
    with file.locked(write=False):
        found = file.db.execute(_NEXT_DROPPED).fetchone()
    if found is None:
        with file.locked():
            forget_gone(file.db)
        return Changed(Counter(), (CHUNKS, 0))
    with file.locked():
        if file.db.execute(_OF_GONE, found).fetchone():
            unlist_dropped(file.db, found[0])
    return Changed(Counter(), (DROPPED, 0))


def _forget_chunk(file: File, after: int, until: Seconds, now: Seconds) -> Changed:
    """Forget what the next chunk of a gone job names, as far as it is meant."""
    db = file.db
    with file.locked(write=False):
        found = db.execute(_NEXT_CHUNK, (after,)).fetchone()
    if found is None:
        return Changed(Counter(), (OTHERS, 0))
    with file.locked():
        row = db.execute(_CHUNK, found).fetchone()
        counts = _forget_listed(db, found[0], numbers(row[0]), (until, now)) if row else Counter()
    return Changed(counts, (CHUNKS, found[0]))


def _forget_listed(
    db: Connection, chunk: int, listed: "array[int]", times: tuple[Seconds, Seconds]
) -> "Counter[str]":
    """Forget what a chunk names, as far as it is meant, and let the chunk name only the rest."""
    until, now = times
    select = f"SELECT {ROW_COLUMNS} FROM {TASKS} WHERE task.id = {TASK_OF} AND {_MEANT}"
    found = [db.execute(select, (number, until)).fetchone() for number in set(listed)]
    rows = [row for row in found if row]
    delete(db, now, rows)
    _shorten(db, chunk, listed)
    return Counter(row[3] or "" for row in rows)


def _shorten(db: Connection, chunk: int, listed: "array[int]") -> None:
    """Let a chunk name only what is known, and its source be read anew if that is less."""
    kept = array("q", [number for number in listed if is_known(db, number)])
    if len(kept) == len(listed):
        return
    if kept:
        db.execute(
            "UPDATE chunk SET key = ~key, fingerprints = ? WHERE id = ?", (kept.tobytes(), chunk)
        )
    db.execute(
        "UPDATE source SET version = '' WHERE id = (SELECT source FROM chunk WHERE id = ?)",
        (chunk,),
    )
    if not kept:
        db.execute("DELETE FROM chunk WHERE id = ?", (chunk,))


def _free_names(file: File, after: int) -> Changed:
    """Free names that a URL had beside the one of its file, among some of all names."""
    with file.locked(write=False):
        last, found = file.db.execute(_LAST_NAME, (after,)).fetchone()
        nobodys = file.db.execute(_NOBODYS, (after,)).fetchall()
    if nobodys:
        with file.locked():
            file.db.executemany("DELETE FROM file WHERE key = ? AND task = ?", nobodys)
    return Changed(Counter(), (NAMES, last) if found == NAMES_AT_ONCE else None)


def delete(db: Connection, now: Seconds, rows: Sequence[Row]) -> None:
    """Delete tasks with all that refers to them, and keep the sums."""
    (last,) = db.execute(_LAST_TASK).fetchone()
    _delete_all(db, now, rows)
    if last in {row[0] for row in rows}:
        _hold_place(db, last)


def _hold_place(db: Connection, last: int) -> None:
    """Leave an empty row in place of the last one: its number would be another task's soon."""
    before = db.execute(f"SELECT id FROM task WHERE id = {TASK_OF}", (_PLACE,)).fetchall()
    db.executemany("DELETE FROM task WHERE id = ?", before)
    forget_fingerprints(db, [_PLACE])
    db.execute(_IN_ITS_PLACE, (last, _PLACE))
    db.execute("INSERT INTO recent VALUES (?, ?)", (_PLACE, last))


def _delete_all(db: Connection, now: Seconds, rows: Sequence[Row]) -> None:
    sums: Counter[tuple[int, str]] = Counter()
    for number, job, state, ended, _, _, path, print_, store in rows:
        sums.subtract([(job, ""), *counted_as(job, state, ended)])
        db.execute("DELETE FROM task WHERE id = ?", (number,))
        db.execute("DELETE FROM visited WHERE task = ?", (number,))
        db.execute("DELETE FROM unlisted WHERE job = ? AND fingerprint = ?", (job, print_))
        if path:
            key = path_key(path, store or FIRST_STORE)
            db.execute("DELETE FROM file WHERE key = ? AND task = ?", (key, number))
    forget_fingerprints(db, [row[7] for row in rows])
    tally(db, sums)
    update_ready_at(db, {row[5] for row in rows}, now)
