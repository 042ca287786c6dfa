"""What jobs may spend in a pass, and have spent."""

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.course import STEPPED
from crawler.frontier.sums import Spent
from crawler.records import Budget

_SPENT = f"""
SELECT job.id, max_bytes, max_time, max_urls, budget.schedule, bytes, urls,
    began_at + {STEPPED}, ends_at + {STEPPED}, ifnull(option, ''), made_at
FROM budget CROSS JOIN job ON job.id = budget.job
LEFT JOIN wish ON verb = 'cap' AND scope = 'job' AND subject = name"""


def spent(db: Connection) -> dict[int, Spent]:
    """Return what is spent by each job that has a budget, by its number."""
    rows = db.execute(_SPENT).fetchall()
    return {job: Spent(Budget(*row[:4]), *row[4:]) for job, *row in rows}
