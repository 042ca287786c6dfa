"""Single URLs, by what every job knows of them: they are due again, or forgotten."""

from collections import Counter
from typing import NamedTuple

from crawler.frontier.actions import ForgetUrl, RetryUrl, Single
from crawler.frontier.answers import Changed
from crawler.frontier.list_values import BY_HAND
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.desk.forget import delete
from crawler.frontier.sql.desk.retry import begin_anew
from crawler.frontier.sql.desk.slices import ROW_COLUMNS, Row
from crawler.frontier.sql.lists.retiring import unlist
from crawler.frontier.sql.rows.file import File
from crawler.frontier.sql.rows.fingerprints import TASK_OF
from crawler.frontier.sql.rows.visited import TASKS
from crawler.frontier.sql.states import LEASED, RETIRED, ROBOTS_JOB, WAITING
from crawler.model import Seconds
from crawler.urls import fingerprint

_JOBS = "SELECT name, active FROM job WHERE id != ? AND ifnull(name = ?, TRUE) ORDER BY id"
_BY_HAND = "SELECT id FROM source WHERE job = ? AND name = ?"
_TAKE_OFF = "DELETE FROM chunk WHERE source = ? AND anchor = ?"
_FOUND = f"""
SELECT due_at, failures + put_off, listed, {ROW_COLUMNS} FROM {TASKS} WHERE task.id = {TASK_OF}"""


class _Found(NamedTuple):
    """What a job knows of a URL."""

    active: int
    due_at: Seconds
    failures: int
    """Visits since its last end that failed, or that its host put off."""
    listed: int
    row: Row


def retry_url(file: File, action: RetryUrl, now: Seconds) -> Changed:
    """Make a URL due in each job that knows it."""
    counts: Counter[str] = Counter()
    with file.locked(write=not action.dry):
        for found in _known(file.db, action.url, action.job):
            came = _why_not_due(found, now)
            if came is Single.DONE and not action.dry:
                begin_anew(file, [found.row], now=now, state=WAITING)
            counts[came.value] += 1
    return Changed(counts)


def forget_url(file: File, action: ForgetUrl, now: Seconds) -> Changed:
    """Forget a URL in each job that knows it."""
    counts: Counter[str] = Counter()
    with file.locked(write=not action.dry):
        for found in _known(file.db, action.url, action.job):
            came = Single.VISITED if found.row[2] == LEASED else Single.DONE
            if came is Single.DONE and not action.dry:
                came = _forget(file.db, found, now)
            counts[came.value] += 1
    return Changed(counts)


def _known(db: Connection, url: str, job: str | None) -> list[_Found]:
    """Return what every job knows of a URL, or one job."""
    found = []
    for name, active in db.execute(_JOBS, (ROBOTS_JOB, job)).fetchall():
        row = db.execute(_FOUND, (fingerprint(name, url),)).fetchone()
        if row:
            found.append(_Found(active, row[0], row[1], row[2], row[3:]))
    return found


def _why_not_due(found: _Found, now: Seconds) -> Single:
    """Return why a URL is not made due, or that it is."""
    state = found.row[2]
    if not found.active:
        return Single.GONE
    if state == RETIRED:
        return Single.RETIRED
    if state == LEASED:
        return Single.VISITED
    due = state == WAITING and found.due_at <= now and not found.failures
    return Single.DUE if due else Single.DONE


def _forget(db: Connection, found: _Found, now: Seconds) -> Single:
    """Forget a URL that no list names but the one that was made by hand."""
    job, print_ = found.row[1], found.row[7]
    left = found.listed - _take_off(db, job, print_)
    if left > 0:
        return Single.LISTED if found.active else Single.GONE
    delete(db, now, [found.row])
    return Single.DONE


def _take_off(db: Connection, job: int, fingerprint: int) -> bool:
    """Take a URL off the list of those given by hand; return whether it stood there."""
    source = db.execute(_BY_HAND, (job, BY_HAND)).fetchone()
    if source is None or not db.execute(_TAKE_OFF, (*source, fingerprint)).rowcount:
        return False
    db.execute("UPDATE source SET listed = max(0, listed - 1) WHERE id = ?", source)
    unlist(db, [fingerprint])
    return True
