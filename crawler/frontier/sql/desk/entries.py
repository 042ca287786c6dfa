"""What the ledger tells of one URL."""

from array import array
from collections.abc import Sequence
from dataclasses import fields

from crawler.frontier.entries import Entry, KnownUrl, UnknownUrl
from crawler.frontier.questions import AboutUrl, FilesNamed
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.desk.hosts import count, holder_of_address, host_state, waiting_of
from crawler.frontier.sql.rows import robots
from crawler.frontier.sql.rows.fingerprints import TASK_OF
from crawler.frontier.sql.rows.visited import TASKS, column
from crawler.frontier.sql.states import ROBOTS_JOB, WAITING
from crawler.policy.naming import path_key
from crawler.urls import fingerprint, host_of, origin_of

_OTHERS = {
    "job": "job.name", "active": "job.active", "obeys": "job.obeys", "host": "host.key",
    "host_id": "host.id", "meaning": "job.meaning",
}  # fmt: skip
SELECT = (
    f"SELECT {', '.join(_OTHERS.get(one.name, column(one.name)) for one in fields(Entry))} "
    f"FROM {TASKS} JOIN job ON job.id = task.job JOIN host ON host.id = task.host WHERE "
)


def about_url(db: Connection, question: AboutUrl) -> Sequence[KnownUrl] | UnknownUrl:
    """Return what every job knows of a URL; if none does, what is known near it."""
    if found := _entries(db, question.url):
        return [_known(db, entry) for entry in found]
    near = [entry for other in question.spellings for entry in _entries(db, other)]
    host = host_state(db, host_of(question.url))
    waiting = waiting_of(db, host.id) if host else 0
    return UnknownUrl(near, host, waiting, robots.known(db, origin_of(question.url)))


def files_named(db: Connection, question: FilesNamed) -> list[Entry | None]:
    """Return the URL of each file and of each fingerprint, in this order."""
    by_key = f"{SELECT}task.id = (SELECT task FROM file WHERE key = ?)"
    asked = [(by_key, path_key(path, question.store)) for path in question.paths]
    asked += [(f"{SELECT}task.id = {TASK_OF}", one) for one in question.fingerprints]
    rows = [db.execute(statement, (value,)).fetchone() for statement, value in asked]
    return [Entry(*row) if row else None for row in rows]


def _known(db: Connection, entry: Entry) -> KnownUrl:
    host = host_state(db, entry.host)
    assert host is not None
    return KnownUrl(
        entry, host, robots.known(db, origin_of(entry.location or entry.url)),
        _sources_of(db, entry), _before(db, entry), holder_of_address(db, host),
    )  # fmt: skip


def _entries(db: Connection, url: str) -> list[Entry]:
    """Return what every job knows of a canonical URL."""
    names = db.execute("SELECT name FROM job WHERE id != ? ORDER BY id", (ROBOTS_JOB,)).fetchall()
    found = [
        db.execute(SELECT + f"task.id = {TASK_OF}", (fingerprint(name, url),)).fetchone()
        for (name,) in names
    ]
    return [Entry(*row) for row in found if row]


def _sources_of(db: Connection, entry: Entry) -> list[str]:
    """Return the names of the sources that list a URL."""
    needle = array("q", [entry.fingerprint])
    rows = db.execute(
        "SELECT DISTINCT source.name, fingerprints FROM source JOIN chunk ON source = source.id "
        "JOIN job ON job.id = source.job WHERE job.name = ? AND instr(fingerprints, ?) > 0",
        (entry.job, needle.tobytes()),
    )
    return list(dict.fromkeys(name for name, blob in rows if needle[0] in numbers(blob)))


def _before(db: Connection, entry: Entry) -> int:
    """Return how many URLs of the same job and host are due before one, as far as CAP."""
    select = (
        "SELECT 1 FROM task WHERE host = ? AND job = (SELECT id FROM job WHERE name = ?) "
        f"AND state = {WAITING} AND (rank, due_at, id) < (?, ?, ?)"
    )
    return count(db, select, entry.host_id, entry.job, entry.rank, entry.due_at, entry.id)


def numbers(blob: bytes) -> "array[int]":
    """Return the fingerprints of a chunk."""
    found = array("q")
    found.frombytes(blob)
    return found
