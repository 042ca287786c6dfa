"""Logins of jobs: rows that one process takes, and all read."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from crawler.cookie import SetCookies
from crawler.frontier.answers import Login
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.cookies import tell
from crawler.frontier.sql.rows.names import Names
from crawler.model import Seconds
from crawler.records import JobTerms

_KNOWN = """
SELECT name, made_at, ended, failures, next_at, reason, refused
FROM job CROSS JOIN login ON login.job = job.id
WHERE name IN (SELECT value FROM json_each(/* texts */ ?))"""
_FAILING = """
SELECT job, made_at, ended, failures, next_at, reason, refused FROM login
WHERE failures > 0 AND (made_at = 0 OR ended = 1)"""
_LEAVE = "DELETE FROM login WHERE job IN (SELECT value FROM json_each(?))"
_TAKE = """
UPDATE login SET owner = :owner
WHERE job = :job AND (made_at = 0 OR ended = 1) AND next_at <= :now AND (
    owner IS NULL OR owner = :owner
    OR NOT EXISTS (SELECT 1 FROM process WHERE process.id = login.owner))"""
_MADE = """
UPDATE login SET owner = NULL, made_at = :now, ended = 0, next_at = :next_at, reason = '',
    refused = 0
WHERE job = :job AND owner = :owner"""
_FAILED = """
UPDATE login SET owner = NULL, failures = failures + 1, next_at = :next_at, reason = :failed,
    refused = CAST(:refused AS INTEGER)
WHERE job = :job AND owner = :owner"""
_LOSE = """
UPDATE login SET ended = 1, failures = iif(CAST(:good AS INTEGER) = 1, 0, failures + 1),
    next_at = max(next_at, CAST(:next_at AS REAL))
WHERE job = :job AND made_at = :made_at AND ended = 0"""


def known(db: Connection, jobs: Collection[str]) -> dict[str, Login]:
    """Return how the sessions of jobs are."""
    found = dict.fromkeys(jobs, Login())
    for name, *state in db.execute(_KNOWN, (json.dumps(list(jobs)),)).fetchall():
        found[name] = _login_of(state)
    return found


def failing(db: Connection) -> dict[int, Login]:
    """Return how the sessions are of the jobs that do not get in, by their numbers."""
    return {job: _login_of(state) for job, *state in db.execute(_FAILING).fetchall()}


def leave_with_jobs(db: Connection, jobs: Mapping[int, JobTerms]) -> None:
    """Forget the sessions of jobs, by number, that log in no more."""
    others = [job for job, terms in jobs.items() if not terms.logs_in]
    db.execute(_LEAVE, (json.dumps(others),))


def _login_of(state: Sequence[Any]) -> Login:
    made_at, ended, failures, next_at, reason, refused = state
    return Login(made_at, bool(ended), failures, next_at, reason, bool(refused))


def take(db: Connection, names: Names, owner: int, job: str, now: Seconds) -> bool:
    """Take the login of a job, if it is wanted, due and free."""
    number = names.job_id(db, job)
    db.execute("INSERT OR IGNORE INTO login (job) VALUES (?)", (number,))
    return bool(db.execute(_TAKE, {"owner": owner, "job": number, "now": now}).rowcount)


def end(
    db: Connection,
    names: Names,
    owner: int,
    job: str,
    cookies: Sequence[SetCookies],
    failed: str,
    now: Seconds,
    wait: Seconds,
    *,
    refused: bool,
) -> None:
    """Record a login, with the cookies that it brought."""
    tell(db, names, cookies)
    values = {"owner": owner, "job": names.job_id(db, job), "next_at": now + wait}
    if failed:
        db.execute(_FAILED, values | {"failed": failed, "refused": int(refused)})
    else:
        db.execute(_MADE, values | {"now": now})


def lose(
    db: Connection,
    names: Names,
    job: str,
    made_at: Seconds,
    now: Seconds,
    wait: Seconds,
    *,
    good: bool,
) -> bool:
    """Record that a session is over; tell whether nobody had."""
    values = {"job": names.job_id(db, job), "made_at": made_at, "good": int(good)}
    return bool(db.execute(_LOSE, values | {"next_at": now + wait}).rowcount)
