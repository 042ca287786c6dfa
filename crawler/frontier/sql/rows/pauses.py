"""Which jobs and hosts are paused: an operator wishes it, or a job has spent its budget.

The rows of `wish` are the truth, and every transaction that leases or computes when a host is ready
asks them: there is nothing else to be kept in step. Where nothing is paused, which is the usual
case, a statement finds that once.
"""

from crawler.frontier.sql.connection import Connection

_PAUSES = "SELECT 1 FROM wish WHERE verb IN ('pause', 'cap') AND scope"
_SOME = f"EXISTS ({_PAUSES} IN ('job', 'host'))"
JOB_PAUSED = f"({_SOME} AND EXISTS ({_PAUSES} = 'job' AND subject = job.name))"
"""Condition on a job."""
HOST_PAUSED = f"""({_SOME} AND EXISTS (
    {_PAUSES} = 'host' AND subject IN (host.key, rtrim(host.key, '0123456789'))))"""
"""Condition on a host; its name with the colon alone stands for every port."""


ALL_PAUSED = f"SELECT EXISTS ({_PAUSES} = 'all')"
"""Whether everything is."""


def some_paused(db: Connection) -> bool:
    """Tell whether a job or a host is."""
    return bool(db.execute(f"SELECT {_SOME}").fetchone()[0])
