"""After the frontier's clock went back: what it has left in the future is brought back.

What was recorded while the clock was ahead would not be due before it. The wait of a task counts
from its last visit, so it is kept; one that has ended, perhaps as its schedule was past its `until`
by then, gets its time from the schedule anew. The rules of a robots.txt hold for a day at most, and
it was fetched, or began to fail, now at the latest.
"""

from crawler.frontier.sql.rows.course import brought_back
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.sql.states import LEASED, ROBOTS_JOB, WAITING
from crawler.frontier.work import BringBack, Tidied
from crawler.model import DAY_S

ROWS_AT_ONCE = 2000
"""Numbers of tasks and hosts that one slice covers."""

_LATE = f"""
SELECT id, host FROM task WHERE id > :after AND id <= :last AND state = {WAITING}
    AND due_at > :now AND ifnull(finished_at, :now + 1) > :now"""
_TASK = """
UPDATE task SET due_at = :now + max(0.0, due_at - ifnull(finished_at, due_at)),
    finished_at = min(finished_at, :now) WHERE id = :task"""
_ENDED = f"""
UPDATE task SET finished_at = :now, due_at = min(due_at, :now) WHERE id > :after AND id <= :last
    AND state NOT IN ({WAITING}, {LEASED}) AND finished_at > :now RETURNING job"""
_HOSTS = """
UPDATE host SET rules_until = min(rules_until, :day), refresh_at = min(refresh_at, :day),
    asked_until = min(asked_until, :day), rules_version = rules_version + 1
WHERE id > :after AND id <= :last
    AND max(rules_until, refresh_at, asked_until) > :day RETURNING id"""
_ORIGIN = "SELECT '{}://' || key FROM host WHERE id > :after AND id <= :last"
_ROBOTS = f"""
UPDATE robots SET fetched_at = min(fetched_at, :now), until = min(until, :day),
    refresh_at = min(refresh_at, :day), failing_since = min(failing_since, :now)
WHERE origin IN ({_ORIGIN.format("http")} UNION ALL {_ORIGIN.format("https")})
    AND (max(fetched_at, ifnull(failing_since, 0)) > :now OR max(until, refresh_at) > :day)"""
_MOST = "SELECT max(ifnull((SELECT max(id) FROM task), 0), ifnull((SELECT max(id) FROM host), 0))"


def bring_back(one: Slice, _: BringBack) -> Tidied[None]:
    """Bring back times of a slice of tasks and hosts; the cursor is a number of both."""
    db, after, now = one.db, one.begin, one.now
    last = after + ROWS_AT_ONCE
    values = {"after": after, "last": last, "now": now, "day": now + DAY_S}
    late = db.execute(_LATE, values).fetchall()
    db.executemany(_TASK, [{"now": now, "task": task} for task, _ in late])
    jobs = {job for (job,) in db.execute(_ENDED, values).fetchall()} - {ROBOTS_JOB}
    db.executemany(
        "UPDATE job SET schedule = 'of a clock that was ahead' WHERE schedule != '' AND id = ?",
        [(job,) for job in jobs],
    )
    hosts = {host for _, host in late} | {host for (host,) in db.execute(_HOSTS, values).fetchall()}
    db.execute(_ROBOTS, values)
    update_ready_at(db, hosts, now)
    if last < db.execute(_MOST).fetchone()[0]:
        return Tidied(None, last)
    brought_back(db)
    return Tidied(None, None)
