"""Files that the ledger does not know as they are become what it knows of their URLs.

Such a file was stored after the ledger was copied that is here now: a visit brought it. So its URL
is over, as after that visit, and its next one follows from the schedule, as of a text that is new.
Where the ledger has not reserved the name, two URLs may want it: then the URL stays as it is, and
its visit tells.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.tasks import tally
from crawler.frontier.sql.states import DONE, LEASED, RETIRED, WAITING
from crawler.model import FIRST_STORE, Kind, Seconds
from crawler.policy.naming import path_key
from crawler.stored_files import FoundFile
from crawler.urls import host_of

_KNOWN = f"""
SELECT task.job, state, ended, host, url, file.task IS NOT NULL OR path IS NOT NULL
FROM task JOIN job ON job.id = task.job LEFT JOIN visited ON visited.task = task.id
LEFT JOIN file ON file.key = :key AND file.task = task.id
WHERE task.id = :task AND state != {LEASED} AND active
    AND NOT EXISTS (SELECT 1 FROM file AS other WHERE other.key = :key AND other.task != :task)
    AND CASE WHEN task.digest IS NULL THEN ifnull(path, CAST(:path AS TEXT)) = :path
        ELSE path = :path AND ifnull(visited.store, {FIRST_STORE}) = :store
            AND task.digest = :before AND ifnull(finished_at, 0.0) < CAST(:at AS REAL) END"""
"""What the ledger has of a file's URL, if it is to be adopted; last whether the name is its own."""
_NAME = "UPDATE task SET path = :path, digest = :digest WHERE id = :task"
_END = f"""
UPDATE task SET state = CASE state WHEN {RETIRED} THEN state ELSE {DONE} END, host = :host,
    path = :path, digest = :digest, finished_at = :at, failures = 0, put_off = 0,
    ended = CASE state WHEN {RETIRED} THEN ended ELSE :kind END
WHERE id = :task"""
_VISITED = """
INSERT INTO visited (task, kind, size, success_at, changed_at, store)
VALUES (:task, :kind, :size, :second, :second, CAST(:store AS INTEGER))
ON CONFLICT (task) DO UPDATE SET kind = excluded.kind, size = excluded.size,
    success_at = excluded.success_at, changed_at = excluded.changed_at, store = excluded.store,
    status = NULL, reason = NULL, directives = NULL, etag = NULL, last_modified = NULL,
    unverified = FALSE, media_type = NULL, charset = NULL, final_location = NULL,
    location = NULL, hops = 0, cookies = NULL, suspicion = 0, host_asked = FALSE"""
_RESERVE = "INSERT OR IGNORE INTO file (key, task) VALUES (?, ?)"
_RESCHEDULE = "UPDATE job SET schedule = 'of adopted files' WHERE schedule != '' AND id = ?"


def adopt(
    db: Connection, names: Names, files: Sequence[FoundFile], now: Seconds, *, dry: bool
) -> int:
    """Take files for what visits to their URLs have stored; return how many, `dry` changes nothing.

    What has changed meanwhile, is visited, bears a name that is another URL's, or was there before
    the last visit stays.
    """
    sums: Counter[tuple[int, str]] = Counter()
    found = [(file, row) for file in files if (row := _row(db, file))]
    if not dry:
        hosts = {host for file, row in found for host in _take(db, names, file, row, sums)}
        for job in {row[0] for _, row in found}:
            db.execute(_RESCHEDULE, (job,))
        tally(db, sums)
        update_ready_at(db, hosts, now)
    return len(found)


def _row(db: Connection, file: FoundFile) -> Any:
    values = {
        "key": path_key(file.path, file.store), "task": file.task, "path": file.path,
        "before": bytes.fromhex(file.before), "store": file.store, "at": file.at,
    }  # fmt: skip
    return db.execute(_KNOWN, values).fetchone()


def _take(
    db: Connection, names: Names, file: FoundFile, row: Any, sums: "Counter[tuple[int, str]]"
) -> set[int]:
    """Take a file; return the hosts of which something is another now."""
    job, state, ended, host, url, is_sure = row
    home = names.host_id(db, host_of(url), job)
    values = {
        "task": file.task, "host": home, "path": file.path, "digest": bytes.fromhex(file.digest),
        "at": file.at, "second": int(file.at), "kind": Kind.STORED.value, "size": file.size,
        "store": None if file.store == FIRST_STORE else file.store,
    }  # fmt: skip
    db.execute(_END if is_sure else _NAME, values)
    db.execute(_VISITED, values)
    db.execute(_RESERVE, (path_key(file.path, file.store), file.task))
    if is_sure and state != RETIRED:
        if ended:
            sums[job, ended] -= 1
            sums[job, "+"] -= state == WAITING
        sums[job, Kind.STORED.value] += 1
    return {host, home}
