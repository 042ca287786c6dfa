"""Cookies that jobs keep, in jars: read with leases, written with settlements.

Rows of one key are joined: the newest counts, whoever tells it, and however often.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from crawler.cookie import Cookie, SetCookies
from crawler.errors import UsageError
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.names import Names
from crawler.model import Seconds
from crawler.policy.cookie_jar import GONE_S, MAX_OF_SITE
from crawler.urls import fingerprint

MAX_OF_JOB = 10_000
"""Cookies of a job; beyond them the oldest tenth goes."""
_FIELDS = "domain, wide, path, name, value, secure, expires, set_at"
_SET = f"""
INSERT INTO cookie (job, jar, key, {_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (job, jar, key) DO UPDATE SET wide = excluded.wide, value = excluded.value,
    secure = excluded.secure, expires = excluded.expires, set_at = excluded.set_at
WHERE cookie.set_at <= excluded.set_at"""
_END = "DELETE FROM cookie WHERE job = ? AND jar = ? AND expires <= ? AND set_at <= ?"
_BOUND = f"""
DELETE FROM cookie WHERE job = ? AND jar = ? AND set_at < ifnull((
    SELECT min(set_at) FROM (SELECT set_at FROM cookie WHERE job = ? AND jar = ?
        ORDER BY set_at DESC LIMIT {MAX_OF_SITE})), 0)"""
_COUNT = f"SELECT count(*) FROM (SELECT 1 FROM cookie WHERE job = ? LIMIT {MAX_OF_JOB + 1})"
_OLDEST = f"""
DELETE FROM cookie WHERE job = ? AND set_at <= (SELECT max(set_at) FROM (
    SELECT set_at FROM cookie WHERE job = ? ORDER BY set_at LIMIT {MAX_OF_JOB // 10}))"""
_KNOWN = f"""
SELECT jar, {_FIELDS} FROM cookie WHERE job = (SELECT id FROM job WHERE name = ?)
AND jar IN (/* few */ SELECT value FROM json_each(/* texts */ ?))"""
_FORGET = """
UPDATE cookie SET value = '', expires = 0, set_at = ? WHERE expires > 0
AND job = ?"""
_OF_JOB = f"""
SELECT {_FIELDS} FROM cookie WHERE job = (SELECT id FROM job WHERE name = ?) AND expires > ?
ORDER BY domain, path, name"""


def tell(db: Connection, names: Names, news: Sequence[SetCookies]) -> None:
    """Note what answers have set, and forget what is over, and the oldest of too many."""
    jobs = set()
    for job, jar, cookies in sorted(news):
        number, now = names.job_id(db, job), max(cookie.set_at for cookie in cookies)
        jobs.add(number)
        db.executemany(_SET, [_row(number, jar, cookie) for cookie in cookies])
        db.execute(_END, (number, jar, now, now - GONE_S))
        db.execute(_BOUND, (number, jar, number, jar))
    for number in jobs:
        (found,) = db.execute(_COUNT, (number,)).fetchone()
        if found > MAX_OF_JOB:
            db.execute(_OLDEST, (number, number))


def known(db: Connection, job: str, jars: Collection[str]) -> list[SetCookies]:
    """Return jars of a job, by name; those that have no cookie are left out."""
    found = defaultdict(list)
    if not jars:
        return []
    for jar, *fields in db.execute(_KNOWN, (job, json.dumps(list(jars)))).fetchall():
        found[jar].append(_cookie(fields))
    return [SetCookies(job, jar, tuple(cookies)) for jar, cookies in found.items()]


def of_jar(db: Connection, job: str, jar: str) -> tuple[Cookie, ...]:
    """Return the cookies of a jar."""
    return next((one.cookies for one in known(db, job, [jar])), ())


def of_job(db: Connection, job: str, now: Seconds) -> list[Cookie]:
    """Return all cookies of a job, without their values."""
    rows = db.execute(_OF_JOB, (job, now)).fetchall()
    return [_cookie(fields)._replace(value="") for fields in rows]


def forget(db: Connection, job: str, now: Seconds) -> int:
    """Let the cookies of a job be gone, so that processes hear of it; return how many.

    Raises:
        UsageError: no such job is known.
    """
    found = db.execute("SELECT id FROM job WHERE name = ?", (job,)).fetchone()
    if found is None:
        raise UsageError(f"no job is called {job!r}")
    db.execute("UPDATE login SET ended = 1 WHERE job = ?", found)
    return db.execute(_FORGET, (now, *found)).rowcount


def forget_gone(db: Connection) -> None:
    """Forget the cookies, and the logins, of jobs that the configuration no longer has."""
    for table in ("cookie", "login"):
        db.execute(f"DELETE FROM {table} WHERE job IN (SELECT id FROM job WHERE NOT active)")


def _row(job: int, jar: str, cookie: Cookie) -> tuple[Any, ...]:
    gone = cookie.expires <= 0
    cookie = cookie._replace(value="") if gone else cookie
    key = fingerprint(".cookie", json.dumps(cookie.key))
    domain, wide, path, name, value, secure, *times = cookie
    return job, jar, key, domain, int(wide), path, name, value, int(secure), *times


def _cookie(fields: Sequence[Any]) -> Cookie:
    domain, wide, path, name, value, secure, *times = fields
    return Cookie(domain, bool(wide), path, name, value, bool(secure), *times)
