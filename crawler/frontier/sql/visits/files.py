"""Stored files: looked through, made due again, renamed."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from crawler.frontier.answers import Page
from crawler.frontier.queries import Unneeded
from crawler.frontier.questions import Unnamed
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.fingerprints import TASK_OF
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.tasks import tally
from crawler.frontier.sql.rows.visited import BEGIN_ANEW, TASKS
from crawler.frontier.sql.states import LEASED, RETIRED, WAITING
from crawler.model import FIRST_STORE, Seconds
from crawler.policy.naming import path_key
from crawler.stored_files import StoredFile
from crawler.urls import host_of

ROWS_AT_ONCE = 2000
"""Tasks that are looked at in one transaction."""
FILES_AT_ONCE = 100
"""Files of retired URLs that are let go in one transaction."""

_PAGE = f"""
SELECT found.id, job.name, url, fingerprint, path, size, found.digest, found.state = {RETIRED},
    active, store
FROM (SELECT * FROM task WHERE id > ? ORDER BY id LIMIT {ROWS_AT_ONCE}) AS found
JOIN job ON job.id = found.job LEFT JOIN visited ON visited.task = found.id
WHERE found.digest IS NOT NULL AND path IS NOT NULL AND found.state != {LEASED} ORDER BY found.id"""
_UNNEEDED = f"""
SELECT task.id, job.name, url, fingerprint, path, size, task.digest, 1, active, store FROM job
JOIN task ON task.job = job.id AND task.state = {RETIRED} AND task.digest IS NOT NULL
LEFT JOIN visited ON visited.task = task.id
WHERE job.name = ? AND task.id > ? AND ifnull(store, {FIRST_STORE}) = ?
ORDER BY task.id LIMIT {FILES_AT_ONCE}"""
_IN_STORE = f"""
ifnull((SELECT store FROM visited WHERE visited.task = task.id), {FIRST_STORE}) = ?"""
_LET_GO = f"""
UPDATE task SET digest = NULL, ended = CASE state WHEN {RETIRED} THEN NULL ELSE ended END
WHERE id = ? AND path = ? AND digest = ? AND {_IN_STORE} AND (state = {RETIRED} OR
    state != {LEASED} AND job IN (SELECT id FROM job WHERE NOT active))"""
_LAST = f"SELECT max(id), count(*) FROM (SELECT id FROM task WHERE id > ? LIMIT {ROWS_AT_ONCE})"
_CLAIMANTS = """
SELECT file.key, task.path, task.state, visited.store FROM json_each(?) AS wanted
CROSS JOIN file ON file.key = wanted.value JOIN task ON task.id = file.task
LEFT JOIN visited ON visited.task = task.id"""
_STILL = f"""
SELECT job, state, ended, host, url, active FROM task JOIN job ON job.id = task.job
WHERE task.id = ? AND path = ? AND task.digest = ? AND {_IN_STORE} AND state != {LEASED}"""
_HAS_PART = f"""
SELECT part = ? AND ifnull(part_store, {FIRST_STORE}) = ? OR state = {LEASED}
FROM {TASKS} WHERE id = {TASK_OF}"""
_ANEW = f"""
UPDATE task SET state = {WAITING}, due_at = ?, host = ?, failures = 0, ended = NULL,
    digest = NULL WHERE id = ?"""
_NO_FILE = "UPDATE visited SET size = NULL, etag = NULL, last_modified = NULL WHERE task = ?"


def stored(db: Connection, after: int) -> Page[StoredFile]:
    """Return the stored files of a slice of the tasks.

    A task that is being visited is left out: its file may be written just now.
    """
    files = stored_files(db.execute(_PAGE, (after,)))
    last, found = db.execute(_LAST, (after,)).fetchone()
    return Page(files, last if found == ROWS_AT_ONCE else None)


def still(db: Connection, files: Sequence[StoredFile]) -> list[StoredFile]:
    """Return the files of which the ledger still says the same, and which nobody visits."""
    return [file for file in files if _row(db, file)]


def revisit(db: Connection, names: Names, files: Sequence[StoredFile], now: Seconds) -> int:
    """Make URLs due whose files are gone, as if nothing had been stored; return how many.

    What has changed meanwhile, is retired, or of a job that the configuration no longer has stays.
    """
    return _make_due(db, names, [file for file in files if file.active], now)


def _make_due(db: Connection, names: Names, files: Sequence[StoredFile], now: Seconds) -> int:
    """Make URLs due that are listed now, by a job that the configuration has now."""
    sums: Counter[tuple[int, str]] = Counter()
    hosts: set[int] = set()
    number = 0
    for file in files:
        row = _row(db, file)
        if row is None or row[1] == RETIRED or not row[-1]:
            continue
        job, state, ended, host, url, _ = row
        home = names.host_id(db, host_of(url), job)
        db.execute(_ANEW, (now, home, file.task))
        db.execute(_NO_FILE, (file.task,))
        db.execute(f"{BEGIN_ANEW}, suspicion = 0 WHERE task = ?", (file.task,))
        hosts |= {host, home}
        if ended:
            sums[job, ended] -= 1
            sums[job, "+"] -= state == WAITING
        number += 1
    tally(db, sums)
    update_ready_at(db, hosts, now)
    return number


def unneeded(db: Connection, query: Unneeded, after: int) -> Page[StoredFile]:
    """Return files of a job's retired URLs, by the tasks' numbers, as many as are let go at once.

    What has the name of such a file without being that file is not among them.
    """
    files = stored_files(db.execute(_UNNEEDED, (query.job, after, query.store)))
    return Page(files, files[-1].task if len(files) == FILES_AT_ONCE else None)


def let_go(db: Connection, names: Names, files: Sequence[StoredFile], now: Seconds) -> int:
    """Note that files of retired URLs, or of jobs that are gone, are removed; return how many.

    One that is listed again is due then, and one that was meanwhile is due now: its file is gone.
    """
    back = []
    for file in files:
        if db.execute(_LET_GO, _as_it_was(file)).rowcount:
            db.execute(_NO_FILE, (file.task,))
            key = (path_key(file.path, file.store), file.task)
            db.execute("DELETE FROM file WHERE key = ? AND task = ?", key)
        else:
            back.append(file)
    _make_due(db, names, back, now)
    return len(files) - len(back)


def rename(db: Connection, file: StoredFile, path: str) -> bool:
    """Note that a file has another name; the old one is free. Return whether that is so now.

    It may be so already, by another audit. Names that differ in case alone are one: it stays.
    """
    if _row(db, file) is None:
        now = db.execute("SELECT path FROM task WHERE id = ?", (file.task,)).fetchone()
        return bool(now and now[0] == path)
    db.execute("UPDATE task SET path = ? WHERE id = ?", (path, file.task))
    new, old = path_key(path, file.store), path_key(file.path, file.store)
    db.execute("INSERT OR IGNORE INTO file (key, task) VALUES (?, ?)", (new, file.task))
    if old != new:
        db.execute("DELETE FROM file WHERE key = ? AND task = ?", (old, file.task))
    return True


def unnamed(db: Connection, question: Unnamed) -> list[str]:
    """Return the files that no task has reserved, and the parts, with fingerprints, of no task.

    What a task that is being visited has reserved may be on its way to disk.
    """
    store = question.store
    keys = {path: path_key(path, store) for path in question.paths}
    claimants = db.execute(_CLAIMANTS, (json.dumps(list(keys.values())),))
    known = {key: tuple(found) for key, *found in claimants}
    lost = [path for path, key in keys.items() if not _owns(known.get(key), key)]
    return lost + [one for one, print_ in question.parts if not _is_part(db, one, print_, store)]


def _is_part(db: Connection, path: str, print_: int, store: int) -> bool:
    """Tell whether a task, by its fingerprint, has a part, or may be writing it."""
    row = db.execute(_HAS_PART, (path, store, print_)).fetchone()
    return bool(row and row[0])


def _owns(found: tuple[str | None, int, int | None] | None, key: int) -> bool:
    if found is None:
        return False
    path, state, store = found
    return state == LEASED or (path is not None and path_key(path, store or FIRST_STORE) == key)


def _row(db: Connection, file: StoredFile) -> tuple[Any, ...] | None:
    found = db.execute(_STILL, _as_it_was(file)).fetchone()
    return tuple(found) if found else None


def _as_it_was(file: StoredFile) -> tuple[int, str, bytes, int]:
    return file.task, file.path, bytes.fromhex(file.digest), file.store


def stored_files(rows: Iterable[tuple[Any, ...]]) -> list[StoredFile]:
    """Return rows of stored files as values."""
    return [
        StoredFile(
            number,
            job,
            url,
            print_,
            path or "",
            size or 0,
            digest.hex(),
            bool(gone),
            bool(active),
            store or FIRST_STORE,
        )
        for number, job, url, print_, path, size, digest, gone, active, store in rows
    ]
