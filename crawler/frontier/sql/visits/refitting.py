"""Due times of URLs that have ended, as a process computes them anew.

They are read by a slice and written with the next one, unless something has changed meanwhile. The
row of a job says that it is being fitted, to what and by whom: so a later walk takes the job over,
and a walk that a crash broke off is made again.
"""

import json
from collections import Counter
from collections.abc import Iterable

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.lists.retiring import check_owner
from crawler.frontier.sql.rows import staging
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.sql.rows.tasks import tally
from crawler.frontier.sql.rows.visited import TASKS
from crawler.frontier.sql.states import DEAD, DONE, LEASED, RETIRED, WAITING
from crawler.frontier.work import Ended, Refit, Tidied
from crawler.model import Kind, Seconds

ROWS_AT_ONCE = 2000
"""Tasks of one slice."""
_BEGIN = """
UPDATE job SET schedule = CASE WHEN EXISTS (
    SELECT 1 FROM tally WHERE job = job.id AND kind != '' AND n > 0) THEN ? ELSE ? END
WHERE id = ?"""
_NOTED = """
SELECT id, name, schedule FROM job WHERE name IN (SELECT value FROM json_each(/* texts */ ?))"""
_KEEP_OTHERS = f"""
DELETE FROM temp.refitted WHERE NOT EXISTS (
    SELECT 1 FROM task WHERE task.id = refitted.id AND due_at = was AND ended IS NOT NULL
    AND state != {LEASED} AND job IN (SELECT value FROM json_each(?))
    AND CASE WHEN at IS NULL THEN state = {WAITING}
        ELSE due_at != at OR state NOT IN ({WAITING}, {RETIRED}) END)"""
_AGAIN = f"""
SELECT job, sum(CAST(at IS NOT NULL AS INTEGER) - CAST(state = {WAITING} AS INTEGER))
FROM temp.refitted CROSS JOIN task ON task.id = refitted.id WHERE state != {RETIRED} GROUP BY job"""
_AT = "(SELECT at FROM temp.refitted WHERE refitted.id = task.id)"
_WRITE = f"""
UPDATE task SET due_at = ifnull({_AT}, due_at), state = CASE WHEN state = {RETIRED} THEN state
    WHEN {_AT} IS NOT NULL THEN {WAITING}
    WHEN ended IN ('{Kind.STORED}', '{Kind.UNCHANGED}') THEN {DONE} ELSE {DEAD} END
WHERE id IN (SELECT id FROM temp.refitted) RETURNING host"""
_SLICE = f"""
SELECT id, job, due_at, ifnull(finished_at, 0.0), fingerprint, every, state, ended
FROM {TASKS} WHERE id > ? ORDER BY id LIMIT ?"""
_TO_BE_FITTED = "of an older ", "of a clock "
"""How a schedule begins that says why all is to be fitted once more: this walk goes on."""
_MORE = "SELECT 1 FROM task WHERE id > ? LIMIT 1"


def refit(one: Slice, work: Refit) -> Tidied[list[Ended]]:
    """Write the times of one slice, and read the next."""
    db, owner, after = one.db, one.owner, one.begin
    staging.fill(db, refitted=work.due)
    with one.file.locked():
        check_owner(db, owner)
        if one.first:
            _begin(one, work)
        jobs = _followed(db, owner, work)
        _write(db, jobs, one.now)
        more = bool(jobs) and db.execute(_MORE, (after,)).fetchone()
        if not more:
            _end(db, owner, work)
    if not more:
        return Tidied([], None)
    with one.file.locked(write=False):
        rows = db.execute(_SLICE, (after, ROWS_AT_ONCE)).fetchall()
    found = [
        Ended(number, jobs[job], due_at, finished_at, fingerprint, every, state == WAITING)
        for number, job, due_at, finished_at, fingerprint, every, state, ended in rows
        if job in jobs and ended is not None and state != LEASED
    ]
    return Tidied(found, int(rows[-1][0]) if rows else after)


def _begin(one: Slice, work: Refit) -> None:
    """Note which jobs are fitted anew; one of which nothing has ended is fitted with that."""
    one.db.executemany(
        _BEGIN,
        [
            (_mark(one.owner, text), text, one.names.job_id(one.db, job))
            for job, text in work.anew.items()
        ],
    )


def _followed(db: Connection, owner: int, work: Refit) -> dict[int, str]:
    """Return the jobs, by number, that are still this walk's."""
    expected = {job: _mark(owner, text) for job, text in work.anew.items()} | dict(work.spread)
    rows = db.execute(_NOTED, (json.dumps(list(expected)),)).fetchall()
    return {
        number: name
        for number, name, noted in rows
        if noted == expected[name] or noted.startswith(_TO_BE_FITTED)
    }


def _write(db: Connection, jobs: Iterable[int], now: Seconds) -> None:
    """Write the staged times, but for what has changed since they were read."""
    db.execute(_KEEP_OTHERS, (json.dumps(list(jobs)),))
    again = {(job, "+"): n for job, n in db.execute(_AGAIN).fetchall()}
    tally(db, Counter(again))
    update_ready_at(db, {host for (host,) in db.execute(_WRITE).fetchall()}, now)


def _end(db: Connection, owner: int, work: Refit) -> None:
    """Note the schedules of the jobs that this walk has fitted."""
    db.executemany(
        "UPDATE job SET schedule = ? WHERE name = ? AND schedule = ?",
        [(text, job, _mark(owner, text)) for job, text in work.anew.items()],
    )


def _mark(owner: int, text: str) -> str:
    """Return what the row of a job has for its schedule while a process fits its URLs to it."""
    return f"process {owner} fits them to {text}"
