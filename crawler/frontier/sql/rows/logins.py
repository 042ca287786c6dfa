"""Logins of jobs: rows that one process takes, and all read."""

import json
from collections.abc import Collection, Sequence

from crawler.cookie import SetCookies
from crawler.frontier.login_verbs import Login
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.cookies import tell
from crawler.frontier.sql.rows.names import Names
from crawler.model import Seconds

_KNOWN = """
SELECT name, made_at, ended, failures, next_at, reason
FROM job CROSS JOIN login ON login.job = job.id
WHERE name IN (SELECT value FROM json_each(/* texts */ ?))"""
_TAKE = """
UPDATE login SET owner = :owner
WHERE job = :job AND (made_at = 0 OR ended = 1) AND next_at <= :now AND (
    owner IS NULL OR owner = :owner
    OR NOT EXISTS (SELECT 1 FROM process WHERE process.id = login.owner))"""
_MADE = """
UPDATE login SET owner = NULL, made_at = :now, ended = 0, next_at = :next_at, reason = ''
WHERE job = :job AND owner = :owner"""
_FAILED = """
UPDATE login SET owner = NULL, failures = failures + 1, next_at = :next_at, reason = :failed
WHERE job = :job AND owner = :owner"""
_LOSE = """
UPDATE login SET ended = 1, failures = iif(CAST(:good AS INTEGER) = 1, 0, failures + 1),
    next_at = max(next_at, CAST(:next_at AS REAL))
WHERE job = :job AND made_at = :made_at AND ended = 0"""


def known(db: Connection, jobs: Collection[str]) -> dict[str, Login]:
    """Return how the sessions of jobs are."""
    found = dict.fromkeys(jobs, Login())
    for name, made_at, ended, *others in db.execute(_KNOWN, (json.dumps(list(jobs)),)).fetchall():
        found[name] = Login(made_at, bool(ended), *others)
    return found


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
) -> None:
    """Record a login, with the cookies that it brought."""
    tell(db, names, cookies)
    values = {"owner": owner, "job": names.job_id(db, job), "now": now, "failed": failed}
    db.execute(_FAILED if failed else _MADE, values | {"next_at": now + wait})


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
