"""URLs that have changed since they were visited, by the word of a sitemap.

A sitemap that always says *now* must make no loop of visits: a page rests for as long as it had not
changed at its last visit, a day at most. So a page that never changes is visited after 1, 2, 4, ...
times the time between two readings of its sitemap, and then once a day.
"""

from collections import Counter
from collections.abc import Sequence

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.fingerprints import TASK_OF
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.tasks import tally
from crawler.frontier.sql.rows.visited import BEGIN_ANEW, TASKS
from crawler.frontier.sql.states import DEAD, DONE, WAITING
from crawler.model import Seconds
from crawler.policy.lastmod import UNCHANGED_REST_S
from crawler.records import Seed
from crawler.urls import host_of

_OUTDATED = f"""
SELECT id, host, url, state, finished_at + min({UNCHANGED_REST_S},
    max(0, finished_at - coalesce(changed_at, first_seen, finished_at))) AS rested_at
FROM {TASKS} WHERE id = {TASK_OF} AND finished_at < ? AND ended IS NOT NULL AND
    (state IN ({DONE}, {DEAD}) OR state = {WAITING} AND failures = 0 AND due_at > ?)"""
_DUE = """
UPDATE task SET state = ?, due_at = min(?, CASE WHEN state = ? THEN due_at ELSE ? END), host = ?,
    failures = 0 WHERE id = ?"""


def freshen(db: Connection, names: Names, job: int, seeds: Sequence[Seed], now: Seconds) -> int:
    """Make URLs due that were changed after their last visit; return how many.

    A time to come counts as now. URLs on their way, being tried again or retired are left.
    """
    again, hosts = 0, set()
    for seed in seeds:
        if seed.modified is None:
            continue
        changed_at = min(seed.modified, now)
        row = db.execute(_OUTDATED, (seed.fingerprint, changed_at, now)).fetchone()
        if row is None:
            continue
        number, host, url, state, rested_at = row
        home, at = names.host_id(db, host_of(url), job), max(now, rested_at)
        db.execute(_DUE, (WAITING, at, WAITING, at, home, number))
        db.execute(f"{BEGIN_ANEW} WHERE task = ?", (number,))
        hosts |= {host, home}
        again += state != WAITING
    tally(db, Counter({(job, "+"): again}))
    update_ready_at(db, hosts, now)
    return again
