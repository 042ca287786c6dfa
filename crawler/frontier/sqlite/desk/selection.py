"""What the ledger tells of many URLs: which are meant, and a page of them at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawler.errors import UsageError
from crawler.frontier.sqlite.desk.entries import SELECT, STATES, Entry
from crawler.frontier.sqlite.file.schema import DEAD, DONE, ROBOTS_JOB
from crawler.frontier.sqlite.file.statefile import Connection
from crawler.model import Seconds

PAGE_ROWS = 5000
"""Ids that one statement looks through."""
ENDED = f"CASE WHEN task.state IN ({DONE}, {DEAD}) THEN ifnull(ended, kind) ELSE ended END"
"""What a URL is counted as: one that was given up with its process may say so in `kind` alone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which URLs are meant; what is left out holds for all."""

    job: str | None = None
    host: str | None = None
    """name or name:port"""
    kinds: tuple[str, ...] = ()
    """Of the last visit that was an end."""
    states: tuple[str, ...] = ()
    since: Seconds | None = None
    """Wall time of the last visit, or of the end if there was none."""


def pages(db: Connection, wanted: Wanted) -> Iterator[list[Entry]]:
    """Yield URLs in the order in which they became known, a statement for every page of ids."""
    condition, parameters = where(db, wanted)
    for first, last in spans(db):
        rows = db.execute(
            f"{SELECT}{condition} AND task.id > ? AND task.id <= ? ORDER BY task.id",
            (*parameters, first, last),
        ).fetchall()
        yield [Entry(*row) for row in rows]


def spans(db: Connection) -> Iterator[tuple[int, int]]:
    """Yield the stretches of ids, each as wide as a page."""
    (end,) = db.execute("SELECT ifnull(max(id), 0) FROM task").fetchone()
    for first in range(0, end, PAGE_ROWS):
        yield first, first + PAGE_ROWS


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
        hosts = _host_numbers(db, wanted.host.lower())
        terms.append(f"task.host IN ({', '.join('?' * len(hosts))})")
        parameters += hosts
    if wanted.kinds:
        terms.append(f"{ENDED} IN ({', '.join('?' * len(wanted.kinds))})")
        parameters += wanted.kinds
    if wanted.states:
        numbers = [str(STATES.index(state)) for state in wanted.states]
        terms.append(f"task.state IN ({', '.join(numbers)})")
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


def _host_numbers(db: Connection, name: str) -> list[int]:
    """Return the hosts of a name, on whatever port, or the one of name:port."""
    rows = db.execute(
        "SELECT id FROM host WHERE key = ? OR (key > ? AND key < ?) LIMIT 1000",
        (name, f"{name}:", f"{name};"),
    )
    found = [number for (number,) in rows]
    if not found:
        raise UsageError(f"no host {name} is known; hosts are example.org or example.org:8080")
    return found
