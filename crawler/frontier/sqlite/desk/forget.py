"""`crawler forget`: what no list names leaves the ledger."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

from crawler.frontier.sqlite.desk.entries import numbers
from crawler.frontier.sqlite.desk.selection import spans
from crawler.frontier.sqlite.desk.slices import ROW_COLUMNS, Row, in_slices, one_slice
from crawler.frontier.sqlite.file.schema import LEASED, RETIRED, ROBOTS_JOB
from crawler.frontier.sqlite.file.statefile import Connection
from crawler.frontier.sqlite.lists.passes import unlist_dropped
from crawler.frontier.sqlite.rows.fingerprints import TASK_OF, is_known
from crawler.frontier.sqlite.rows.fingerprints import forget as forget_fingerprints
from crawler.frontier.sqlite.rows.readiness import update_ready_at
from crawler.frontier.sqlite.rows.tasks import counted_as, tally
from crawler.frontier.sqlite.visits.files import stored_files
from crawler.model import Seconds
from crawler.policy.naming import path_key
from crawler.records import StoredFile

FILES_AT_ONCE = 100
"""URLs of one transaction where files are removed in it."""
Judged = TypeVar("Judged")
"""What a remover knows of a file that it looked at."""

_STORED = f"""
SELECT task.id, job.name, url, fingerprint, path, size, task.digest, task.state = {RETIRED}, active
FROM task JOIN job ON job.id = task.job JOIN file ON file.key = ? AND file.task = task.id
WHERE task.id = ?"""
_SAME = "SELECT 1 FROM task WHERE id = ? AND path = ? AND digest = ?"


class Remover(Protocol[Judged]):
    """Removes files in two steps, the first of which may take long and changes nothing."""

    def judge(self, files: Iterable[StoredFile]) -> list[Judged]:
        """Look at files."""

    def remove(self, files: Sequence[Judged]) -> None:
        """Remove those that are as they were stored, if nobody changed them since."""


def forget(
    db: Connection,
    until: Seconds,
    now: Seconds,
    *,
    dry: bool = False,
    remover: Remover[Any] | None = None,
) -> int:
    """Forget URLs that no list of the configuration names, and that were last heard of by `until`.

    These are the retired URLs, and all of jobs that the configuration no longer has. Their files go
    with a `remover`, before anybody else can have their names; else they stay. After a crash in
    between the URL is still known, and forgotten by the next call.
    """
    old = "ifnull(finished_at, ifnull(first_seen, due_at)) <= ?"
    clause = (
        f"task.job != {ROBOTS_JOB} AND task.state != {LEASED} AND {old} AND "
        f"(task.state = {RETIRED} OR task.job IN (SELECT id FROM job WHERE NOT active))"
    )
    if dry:
        return in_slices(db, clause, (until,), None).total()
    if remover:
        _remove_files(db, f"{clause} AND digest IS NOT NULL", until, remover)
    listed = _forget_listed(db, clause, until, now)
    others = in_slices(db, clause, (until,), lambda rows: _delete(db, rows, now))
    return listed + others.total()


def _remove_files(db: Connection, clause: str, until: Seconds, remover: Remover[Any]) -> None:
    """Remove files of URLs, some at once; they are read while everybody else can write here."""
    for first, last in spans(db):
        found = db.execute(
            f"SELECT task.id, path FROM task WHERE {clause} AND path IS NOT NULL "
            "AND task.id > ? AND task.id <= ?",
            (until, first, last),
        ).fetchall()
        for at in range(0, len(found), FILES_AT_ONCE):
            files = _stored(db, found[at : at + FILES_AT_ONCE])
            judged = remover.judge(files)
            with one_slice(db):
                _remove(db, list(zip(files, judged, strict=True)), (clause, until), remover)


def _stored(db: Connection, rows: Sequence[tuple[int, str]]) -> list[StoredFile]:
    """Return the files of URLs that have reserved their names."""
    found = [db.execute(_STORED, (path_key(path), number)).fetchone() for number, path in rows]
    return stored_files(row for row in found if row)


def _remove(
    db: Connection,
    files: Sequence[tuple[StoredFile, Any]],
    meant: tuple[str, Seconds],
    remover: Remover[Any],
) -> None:
    """Remove files while nobody else can write here, where the ledger still says the same."""
    clause, until = meant
    same = [
        (file.task, judged)
        for file, judged in files
        if db.execute(
            f"{_SAME} AND {clause}", (file.task, file.path, bytes.fromhex(file.digest), until)
        ).fetchone()
    ]
    remover.remove([judged for _, judged in same])
    db.executemany(
        "UPDATE task SET digest = NULL, size = NULL, etag = NULL, last_modified = NULL, "
        f"ended = CASE state WHEN {RETIRED} THEN NULL ELSE ended END WHERE id = ?",
        [(number,) for number, _ in same],
    )


def _forget_listed(db: Connection, clause: str, until: Seconds, now: Seconds) -> int:
    """Forget what jobs list that are gone, chunk by chunk, and let the chunk no longer name it.

    So that if the job comes back, its lists say anew what was forgotten, and nothing else.
    """
    total = 0
    _forget_dropped(db)
    gone = db.execute(
        "SELECT chunk.id FROM chunk JOIN source ON source.id = source "
        "JOIN job ON job.id = source.job WHERE NOT active ORDER BY chunk.id"
    ).fetchall()
    for (chunk,) in gone:
        with one_slice(db):
            row = db.execute(
                "SELECT fingerprints FROM chunk JOIN source ON source.id = source JOIN job "
                "ON job.id = source.job WHERE chunk.id = ? AND NOT active",
                (chunk,),
            ).fetchone()
            total += _forget_chunk(db, chunk, numbers(row[0]), clause, (until, now)) if row else 0
    return total


def _forget_dropped(db: Connection) -> None:
    """Take away what changed chunks of jobs that are gone named before they changed."""
    sources = db.execute(
        "SELECT DISTINCT source FROM dropped JOIN source ON source.id = source "
        "JOIN job ON job.id = source.job WHERE NOT active"
    ).fetchall()
    for (source,) in sources:
        more = True
        while more:
            with one_slice(db):
                more = unlist_dropped(db, source)


def _forget_chunk(
    db: Connection, chunk: int, listed: "array[int]", clause: str, times: tuple[Seconds, Seconds]
) -> int:
    until, now = times
    select = f"SELECT {ROW_COLUMNS} FROM task WHERE task.id = {TASK_OF} AND {clause}"
    found = [db.execute(select, (number, until)).fetchone() for number in set(listed)]
    rows = [row for row in found if row]
    _delete(db, rows, now)
    kept = array("q", [number for number in listed if is_known(db, number)])
    if len(kept) == len(listed):
        return 0
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
    return len(rows)


def _delete(db: Connection, rows: Sequence[Row], now: Seconds) -> None:
    sums: Counter[tuple[int, str]] = Counter()
    for number, job, state, ended, _, _, path, print_ in rows:
        sums.subtract([(job, ""), *counted_as(job, state, ended)])
        db.execute("DELETE FROM task WHERE id = ?", (number,))
        db.execute("DELETE FROM unlisted WHERE job = ? AND fingerprint = ?", (job, print_))
        if path:
            db.execute("DELETE FROM file WHERE key = ? AND task = ?", (path_key(path), number))
    forget_fingerprints(db, [row[7] for row in rows])
    tally(db, sums)
    update_ready_at(db, {row[5] for row in rows}, now)
