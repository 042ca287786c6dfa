"""Passes of jobs that have a budget: where one is over, what was spent counts no more."""

from crawler.frontier.questions import PassesOf
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.budgets import DIFFERS, judge
from crawler.frontier.sql.rows.course import STEPPED
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.values import Passes
from crawler.frontier.work import Reckon, Tidied

_ENDLESS = f"""
SELECT name, began_at + {STEPPED} FROM budget CROSS JOIN job ON job.id = budget.job
WHERE active AND budget.schedule != '' AND began_at IS NOT NULL AND ends_at IS NULL"""
_TO_DO = """
SELECT sum(CASE WHEN kind IN ('', '+') THEN n ELSE -n END) FROM tally
WHERE tally.job = budget.job"""
_OVER = f"""
(began_at IS NOT NULL AND (ends_at <= CAST(:now AS REAL)
    OR CAST(:listed AS INTEGER) = 1 AND schedule = '' AND ifnull(({_TO_DO}), 0) = 0
    AND NOT EXISTS (SELECT 1 FROM source WHERE source.job = budget.job AND reader IS NOT NULL)))"""
"""Condition on a budget. Without a schedule a pass is over with the last URL of its lists."""
_DUE = f"SELECT EXISTS (SELECT 1 FROM budget WHERE {_OVER}) OR {DIFFERS}"
_END = """
UPDATE budget SET ends_at = CAST(:at AS REAL)
WHERE job = (SELECT id FROM job WHERE name = :job) AND ends_at IS NULL"""
_BEGIN = f"""
UPDATE budget SET bytes = 0, urls = 0, began_at = NULL, ends_at = NULL WHERE {_OVER}"""


def passes(db: Connection, asked: PassesOf) -> Passes:
    """Return which passes have no end yet, and whether `reckon` has anything to do beside."""
    begun = dict(db.execute(_ENDLESS).fetchall())
    (stepped,) = db.execute(f"SELECT {STEPPED}").fetchone()
    values = {"now": asked.now - stepped, "listed": int(asked.listed)}
    (due,) = db.execute(_DUE, values).fetchone()
    return Passes(begun, bool(due))


def reckon(one: Slice, work: Reckon) -> Tidied[int]:
    """Note when passes end, begin others where one is over, and judge all jobs by what is spent."""
    db, now = one.db, one.now - one.stepped
    ends = [{"job": job, "at": at - one.stepped} for job, at in work.ends.items()]
    db.executemany(_END, ends)
    db.execute(_BEGIN, {"now": now, "listed": int(work.listed)})
    return Tidied(judge(db, one.now, one.stepped), None)
