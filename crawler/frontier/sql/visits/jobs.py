"""The jobs of the configuration, as the frontier knows them.

A job that leaves the configuration takes no part any more; nothing is written to its tasks, so it
may have ten million. A verb that touches every host of a job goes in slices, and begins
again where a crash left it.
"""

import json
from collections.abc import Mapping, Sequence

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.lists.renaming import inherit
from crawler.frontier.sql.rows import logins
from crawler.frontier.sql.rows.budgets import set_budgets
from crawler.frontier.sql.rows.identity import begin_text
from crawler.frontier.sql.rows.names import Names, is_obeyed, obeys_of
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.sql.rows.wished import leave_with_jobs
from crawler.frontier.sql.states import ROBOTS_JOB
from crawler.frontier.sql.visits import counting
from crawler.frontier.work import Tidied, Wake
from crawler.model import Seconds
from crawler.records import JobTerms

ROWS_AT_ONCE = 2000
"""Hosts of one transaction."""
HOSTS_PASSED = 20_000
"""Hosts of one transaction that are looked at, and of which hardly one is written."""
_SAY = "UPDATE ledger SET obeys = :obeys, obeyed_upto = 0 WHERE obeys != :obeys"
_KEYS = "SELECT id, key, obeys FROM host WHERE id > ? ORDER BY id LIMIT ?"
_ASKED = "SELECT id FROM host WHERE asked_until > 0 AND owner IS NULL LIMIT ?"
_LISTING = """
SELECT DISTINCT host FROM host_job WHERE host > :after AND host <= :last
    AND job IN (SELECT value FROM json_each(:jobs)) ORDER BY host LIMIT :limit"""


def configure(
    db: Connection,
    names: Names,
    jobs: Sequence[JobTerms],
    now: Seconds,
    obeys: Mapping[str, bool | None],
    text: tuple[int, str],
    stepped: Seconds = 0.0,
) -> None:
    """Make the active jobs those of the configuration, with their terms of today.

    Of the hosts that wait for a robots.txt some are ready anew; `Wake` does the others, for
    there may be a million. What rests or is closed is computed anew by `Rests`.
    """
    begin_text(db, *text)
    db.execute(_SAY, {"obeys": json.dumps(obeys, sort_keys=True)})
    wanted = {names.job_id(db, terms.name): terms for terms in jobs}
    db.executemany(
        "UPDATE job SET delay = ?, per_host = ?, obeys = ?, weight = ?, digest = ? WHERE id = ?",
        [(r.delay, r.per_host, r.obeys, r.weight, r.digest, job) for job, r in wanted.items()],
    )
    renamed = {job: terms.renamed_from for job, terms in wanted.items() if terms.renamed_from}
    inherit(db, renamed, wanted)
    for job, active in db.execute(
        "SELECT id, active FROM job WHERE id != ?", (ROBOTS_JOB,)
    ).fetchall():
        if (job in wanted) != bool(active):
            db.execute("UPDATE job SET active = ?, stale = 1 WHERE id = ?", (job in wanted, job))
    counting.leave_with_jobs(db)
    logins.leave_with_jobs(db, wanted)
    set_budgets(db, wanted, renamed, now, stepped)
    leave_with_jobs(db, {terms.name: terms.renamed_from for terms in jobs if terms.renamed_from})
    ask_again(db, now)


def ask_again(db: Connection, now: Seconds) -> bool:
    """Make some hosts ready anew that wait for a robots.txt; return whether there may be more.

    Whether they obey it may have changed, by their jobs or by what is said of the host.
    """
    more = _obey(db, now)
    found = db.execute(_ASKED, (ROWS_AT_ONCE,)).fetchall()
    db.executemany("UPDATE host SET asked_until = 0 WHERE id = ?", found)
    update_ready_at(db, [host for (host,) in found], now)
    return more or len(found) == ROWS_AT_ONCE


def _obey(db: Connection, now: Seconds) -> bool:
    """Let a slice of the hosts know what is said of their robots.txt; tell if there are more.

    A host that comes meanwhile knows it from the beginning.
    """
    (upto,) = db.execute("SELECT obeyed_upto FROM ledger").fetchone()
    if upto is None:
        return False
    said, found = obeys_of(db), db.execute(_KEYS, (upto, ROWS_AT_ONCE)).fetchall()
    answers = [(is_obeyed(said, key), host, before) for host, key, before in found]
    changed = [(answer, host) for answer, host, before in answers if answer != before]
    db.executemany("UPDATE host SET obeys = ? WHERE id = ?", changed)
    update_ready_at(db, [host for _, host in changed], now)
    more = len(found) == ROWS_AT_ONCE
    db.execute("UPDATE ledger SET obeyed_upto = ?", (found[-1][0] if more else None,))
    return more


def wake(one: Slice, _: Wake) -> Tidied[int]:
    """Let a slice of the hosts learn that jobs came or went; the cursor is a host's number.

    Until then a host of a job that went is leased without tasks, and a host of a job that came
    waits. The row of a job says whose walk tells its hosts: a job that comes or goes meanwhile is
    no longer that walk's.
    """
    db, mine = one.db, -one.owner
    if one.first:
        if ask_again(db, one.now):
            return Tidied(0, one.after)
        db.execute("UPDATE job SET stale = ? WHERE stale != 0", (mine,))
    jobs = [job for (job,) in db.execute("SELECT id FROM job WHERE stale = ?", (mine,))]
    if not jobs:
        return Tidied(0, None)
    woken, after = _wake(db, jobs, one.begin, one.now)
    if after is None:
        db.execute("UPDATE job SET stale = 0 WHERE stale = ?", (mine,))
    return Tidied(woken, after)


def _wake(db: Connection, jobs: list[int], after: int, now: Seconds) -> tuple[int, int | None]:
    last = after + HOSTS_PASSED
    values = {"jobs": json.dumps(jobs), "after": after, "last": last, "limit": ROWS_AT_ONCE}
    found = [host for (host,) in db.execute(_LISTING, values)]
    update_ready_at(db, found, now)
    if len(found) == ROWS_AT_ONCE:
        return len(found), int(found[-1])
    (most,) = db.execute("SELECT ifnull(max(id), 0) FROM host").fetchone()
    return len(found), last if last < most else None
