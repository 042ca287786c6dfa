"""What the ledger tells of one URL."""

from array import array
from dataclasses import dataclass, fields

from crawler.frontier.sqlite.desk.hosts import count
from crawler.frontier.sqlite.file.schema import ROBOTS_JOB, WAITING
from crawler.frontier.sqlite.file.statefile import Connection
from crawler.frontier.sqlite.rows.fingerprints import TASK_OF
from crawler.model import Seconds
from crawler.urls import fingerprint

STATES = ("waiting", "leased", "done", "dead", "retired")
"""The states of a task, by number."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A URL of a job, as the ledger has it; times are wall times."""

    id: int
    fingerprint: int
    job: str
    active: int
    obeys: int
    host: str
    host_id: int
    state: int
    due_at: Seconds
    url: str
    location: str | None
    path: str | None
    listed: int
    attempt: int
    failures: int
    kind: str | None
    status: int | None
    size: int | None
    digest: bytes | None
    finished_at: Seconds | None
    reason: str | None
    directives: str | None
    ended: str | None
    first_seen: int | None
    success_at: int | None
    changed_at: int | None
    unverified: int
    host_asked: int
    rank: int
    meaning: str


_OTHERS = {
    "job": "job.name", "active": "job.active", "obeys": "job.obeys", "host": "host.key",
    "host_id": "host.id", "meaning": "job.meaning",
}  # fmt: skip
SELECT = (
    f"SELECT {', '.join(_OTHERS.get(one.name, f'task.{one.name}') for one in fields(Entry))} "
    "FROM task JOIN job ON job.id = task.job JOIN host ON host.id = task.host WHERE "
)


def entries(db: Connection, url: str) -> list[Entry]:
    """Return what every job knows of a canonical URL."""
    names = db.execute("SELECT name FROM job WHERE id != ? ORDER BY id", (ROBOTS_JOB,)).fetchall()
    found = [
        db.execute(SELECT + f"task.id = {TASK_OF}", (fingerprint(name, url),)).fetchone()
        for (name,) in names
    ]
    return [Entry(*row) for row in found if row]


def sources_of(db: Connection, entry: Entry) -> list[str]:
    """Return the names of the sources that list a URL."""
    needle = array("q", [entry.fingerprint])
    rows = db.execute(
        "SELECT DISTINCT source.name, fingerprints FROM source JOIN chunk ON source = source.id "
        "JOIN job ON job.id = source.job WHERE job.name = ? AND instr(fingerprints, ?)",
        (entry.job, needle.tobytes()),
    )
    return list(dict.fromkeys(name for name, blob in rows if needle[0] in numbers(blob)))


def before(db: Connection, entry: Entry) -> int:
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
