"""What the ledger tells of many URLs: which are meant, and a page of them at a time."""

from typing import Any

from crawler.choices import STATES
from crawler.errors import UsageError
from crawler.frontier.answers import Page
from crawler.frontier.entries import Entry, Listing
from crawler.frontier.queries import Wanted
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.desk.entries import SELECT
from crawler.frontier.sql.rows.visited import TASKS
from crawler.frontier.sql.states import DEAD, DONE, ROBOTS_JOB

PAGE_ROWS = 5000
"""Tasks that one statement looks through."""
ENDED = f"CASE WHEN task.state IN ({DONE}, {DEAD}) THEN ifnull(ended, kind) ELSE ended END"
"""What a URL is counted as: one that was given up with its process may say so in `kind` alone."""
_LAST = f"SELECT max(id), count(*) FROM (SELECT id FROM task WHERE id > ? LIMIT {PAGE_ROWS})"
_LISTED = f"""
SELECT CASE WHEN state IN ({DONE}, {DEAD}) THEN kind ELSE '' END, sum(listed)
FROM {TASKS} WHERE job != {ROBOTS_JOB} AND id > ? AND id <= ? GROUP BY 1"""


def entries_wanted(db: Connection, wanted: Wanted, after: int) -> Page[Entry]:
    """Return a page of URLs, in the order in which they became known."""
    condition, parameters = where(db, wanted)
    last, on = upto(db, after)
    most = wanted.most or PAGE_ROWS
    rows = db.execute(
        f"{SELECT}{condition} AND task.id > ? AND task.id <= ? ORDER BY task.id LIMIT ?",
        (*parameters, after, last, most),
    ).fetchall()
    found = [Entry(*row) for row in rows]
    return Page(found, found[-1].id if len(found) == most else on)


def listings(db: Connection, after: int) -> Page[Listing]:
    """Return how often URLs of a page were listed, by kind of their last visit."""
    last, on = upto(db, after)
    rows = db.execute(_LISTED, (after, last)).fetchall()
    return Page([Listing(*row) for row in rows], on)


def upto(db: Connection, after: int) -> tuple[int, int | None]:
    """Return the last task of the page beyond `after`, and the cursor to go on from."""
    last, found = db.execute(_LAST, (after,)).fetchone()
    return (after, None) if last is None else (last, last if found == PAGE_ROWS else None)


def where(db: Connection, wanted: Wanted) -> tuple[str, list[Any]]:
    """Return a condition on tasks.

    Raises:
        UsageError: it names what the ledger does not know.
    """
    terms = [f"task.job != {ROBOTS_JOB}"]
    parameters: list[Any] = []
    if wanted.job is not None:
        terms.append("task.job = ?")
        parameters.append(_job_number(db, wanted.job))
    if wanted.host is not None:
        hosts = host_numbers(db, wanted.host.lower())
        terms.append(f"task.host IN ({', '.join('?' * len(hosts))})")
        parameters += hosts
    states = tuple(map(STATES.index, wanted.states))
    for column, chosen in (
        ("visited.kind", wanted.kinds), (ENDED, wanted.last_ends), ("task.state", states)
    ):  # fmt: skip
        if chosen:
            terms.append(f"{column} IN ({', '.join('?' * len(chosen))})")
            parameters += chosen
    if wanted.since is not None:
        terms.append(f"CASE WHEN task.state = {DEAD} THEN ifnull(task.finished_at, task.due_at) "
                     "ELSE task.finished_at END >= ?")  # fmt: skip
        parameters.append(wanted.since)
    return " AND ".join(terms), parameters


def _job_number(db: Connection, name: str) -> int:
    rows = dict(db.execute("SELECT name, id FROM job WHERE id != ?", (ROBOTS_JOB,)).fetchall())
    if name not in rows:
        raise UsageError(f"no job {name} is known; there are {', '.join(sorted(rows)) or 'none'}")
    return int(rows[name])


def host_numbers(db: Connection, name: str) -> list[int]:
    """Return the hosts of a name, on whatever port, or the one of name:port.

    Raises:
        UsageError: none is known.
    """
    found = hosts_of_name(db, name)
    if not found:
        raise UsageError(f"no host {name} is known; hosts are example.org or example.org:8080")
    return found


def hosts_of_name(db: Connection, name: str) -> list[int]:
    """Return the same, or nothing."""
    rows = db.execute(
        "SELECT id FROM host WHERE key = ? OR (key > ? AND key < ?) LIMIT 1000",
        (name, f"{name}:", f"{name};"),
    )
    return [number for (number,) in rows]
