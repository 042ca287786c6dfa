"""How many URLs each process has leased of each job: sums, kept where a lease begins or ends.

A process alone writes its rows, unless it is dead: so nobody waits for them.
"""

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.states import LEASED

_NOTE = """
INSERT INTO leased SELECT :owner, job, {n} FROM {rows} GROUP BY job
ON CONFLICT (process, job) DO UPDATE SET n = leased.n + excluded.n"""
_AWAY = f"""
UPDATE leased SET n = n - 1 WHERE (process, job) IN (
    SELECT owner, job FROM task CROSS JOIN host ON host.id = task.host
    WHERE task.id = ? AND state = {LEASED})"""


def more(rows: str) -> str:
    """Return what counts leases of `:owner` that begin; `rows` is what follows FROM, with `job`."""
    return _NOTE.format(n="count(*)", rows=rows)


def fewer(rows: str) -> str:
    """Return what counts leases of `:owner` that end; `rows` is what follows FROM, with `job`."""
    return _NOTE.format(n="-count(*)", rows=rows)


def take_away(db: Connection, task: int) -> None:
    """Count a task no more that is about to wait again, though a process may have it leased."""
    db.execute(_AWAY, (task,))


def end(db: Connection, owner: int) -> None:
    """Count nothing more of a process that is gone."""
    db.execute("DELETE FROM leased WHERE process = ?", (owner,))
