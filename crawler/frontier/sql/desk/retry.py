"""`crawler retry`: what was given up is due again, and begins anew."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from crawler.frontier.actions import Retry
from crawler.frontier.answers import Changed, Cursor
from crawler.frontier.sql.desk.selection import where
from crawler.frontier.sql.desk.slices import Meant, Row, one_slice
from crawler.frontier.sql.rows.course import STEPPED
from crawler.frontier.sql.rows.file import File
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.robots import ask_anew
from crawler.frontier.sql.rows.tasks import counted_as, tally
from crawler.frontier.sql.rows.visited import BEGIN_ANEW
from crawler.frontier.sql.states import DEAD, RETIRED, WAITING
from crawler.model import Kind, Seconds
from crawler.urls import host_of

WELL = f"('{Kind.STORED}', '{Kind.UNCHANGED}')"
"""Kinds of a good end, for SQL."""


def retry(file: File, action: Retry, now: Seconds, after: Cursor) -> Changed:
    """Make a slice of URLs due whose last visit failed or was a bad end; count them by its kind.

    They begin anew: with all their attempts, where they are listed. Those that are due already and
    wait for their host alone keep their place.
    """
    with file.locked(write=False):
        condition, parameters = where(file.db, action.wanted)
    clause = (
        f"{condition} AND task.job IN (SELECT id FROM job WHERE active) AND (task.state = {DEAD} "
        f"OR task.state = {WAITING} AND (failures > 0 OR put_off > 0 "
        f"OR due_at > ? AND (ended NOT IN {WELL} OR ended IS NULL AND attempt > 0)))"
    )
    act = partial(begin_anew, file, now=now, state=WAITING)
    meant = Meant(clause, (*parameters, now))
    return one_slice(file, meant, *after, None if action.dry else act)


def begin_anew(file: File, rows: Sequence[Row], *, now: Seconds, state: int) -> None:
    """Have tasks wait, or be retired, as if they had never been visited; their history stays.

    Where a host was given up, the time that it has for an answer begins anew as well, and it is
    asked for its robots.txt.
    """
    db, names = file.db, file.names
    sums: Counter[tuple[int, str]] = Counter()
    updates, hosts = [], set()
    for number, job, before, ended, url, host, *_ in rows:
        home = names.host_id(db, host_of(url), job)
        updates.append((now, now, state, home, number))
        hosts |= {host, home}
        sums.subtract(counted_as(job, before, ended))
        if state == RETIRED:
            sums[job, "retired"] += 1
    db.executemany(
        f"UPDATE task SET due_at = iif(state = {WAITING}, min(due_at, ?), ?), state = ?, host = ?, "
        "failures = 0, put_off = 0, ended = NULL WHERE id = ?",
        updates,
    )
    anew = [(row[0],) for row in rows]
    db.executemany(f"{BEGIN_ANEW}, suspicion = 0 WHERE task = ?", anew)
    tally(db, sums)
    db.executemany(
        f"UPDATE host SET failing_since = ? - {STEPPED} WHERE id = ? AND silent AND owner IS NULL",
        [(now, host) for host in hosts],
    )
    ask_anew(db, hosts)
    update_ready_at(db, hosts, now)
