"""URLs that leave the lists and come back to them.

A URL counts how often it is listed; at 0 it is *unlisted*, and retired when the lists of its job
are applied, since it may have moved to another line.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from crawler.errors import LeaseLostError
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.lists.new_urls import due
from crawler.frontier.sql.rows.fingerprints import TASK_OF
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.sql.rows.tasks import tally
from crawler.frontier.sql.states import DEAD, DONE, LEASED, RETIRED, WAITING
from crawler.frontier.work import Retire, Retired, Tidied
from crawler.model import Kind, Seconds
from crawler.records import Seed

ROWS_AT_ONCE = 1000
"""URLs retired in one transaction."""

_LESS = f"UPDATE task SET listed = listed - 1 WHERE id = {TASK_OF}"
_UNLIST = f"""
INSERT OR IGNORE INTO unlisted
SELECT job, fingerprint FROM task WHERE id = {TASK_OF} AND listed <= 0"""
_SLICE = """
SELECT fingerprint FROM unlisted WHERE job = ? AND fingerprint > ? ORDER BY fingerprint LIMIT ?"""
_NOT_LISTED = f"SELECT job, ended, state, id FROM task WHERE id = {TASK_OF} AND listed <= 0"
_STATE = f"""
CASE WHEN ended IS NULL THEN {WAITING} WHEN :scheduled THEN {WAITING}
    WHEN ended IN ('{Kind.STORED}', '{Kind.UNCHANGED}') THEN {DONE} ELSE {DEAD} END"""
_REVIVE = f"""
UPDATE task SET state = {_STATE}, due_at = CASE WHEN ended IS NULL THEN :now ELSE due_at END
WHERE id = {TASK_OF.replace("?", ":fp")} AND state = {RETIRED}
RETURNING job, ended, state, host"""


def unlist(db: Connection, fingerprints: Iterable[int]) -> None:
    """Count URLs, by fingerprint, once less; a URL that no line names any more is unlisted."""
    rows = [(fingerprint,) for fingerprint in fingerprints]
    db.executemany(_LESS, rows)
    db.executemany(_UNLIST, rows)


def retire(one: Slice, work: Retire) -> Tidied[Retired]:
    """Retire a slice of the unlisted URLs; the cursor is a fingerprint.

    A URL that is being visited stays until its visit is over.
    """
    db, number = one.db, one.names.job_id(one.db, work.job)
    found = _unlisted(db, number, one.after)
    over = [(number, fingerprint) for fingerprint, row in found if not row or row[2] != LEASED]
    db.executemany("DELETE FROM unlisted WHERE job = ? AND fingerprint = ?", over)
    retired = _retire(db, [row for _, row in found if row])
    last = found[-1][0] if len(found) == ROWS_AT_ONCE else None
    return Tidied(Retired(retired, left=len(over) < len(found)), last)


def _unlisted(
    db: Connection, job: int, after: int
) -> list[tuple[int, tuple[int, str | None, int, int] | None]]:
    """Return a slice of the unlisted URLs, each with its task, None if it is listed again."""
    rows = db.execute(_SLICE, (job, after, ROWS_AT_ONCE)).fetchall()
    return [(each, db.execute(_NOT_LISTED, (each,)).fetchone()) for (each,) in rows]


def _retire(db: Connection, rows: Iterable[tuple[int, str | None, int, int]]) -> int:
    """Retire tasks, but for those that are being visited or were retired; return how many."""
    gone = [row for row in rows if row[2] not in {LEASED, RETIRED}]
    db.executemany(f"UPDATE task SET state = {RETIRED} WHERE id = ?", [row[3:] for row in gone])
    _count(db, [row[:3] for row in gone], sign=1)
    return len(gone)


def check_owner(db: Connection, owner: int) -> None:
    """See that an owner is alive, as far as the ledger knows.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    if not db.execute("SELECT 1 FROM process WHERE id = ?", (owner,)).fetchone():
        raise LeaseLostError(
            "another process took this one for dead and reclaimed its leases, "
            "so that what it read is not taken in"
        )


def revive(db: Connection, job: int, seeds: Iterable[Seed], now: Seconds) -> int:
    """Bring back, with their history, the retired ones among these URLs; return how many."""
    retired = db.execute(
        "SELECT n FROM tally WHERE job = ? AND kind = 'retired'", (job,)
    ).fetchone()
    if not retired or not retired[0]:
        return 0
    (scheduled,) = db.execute("SELECT schedule != '' FROM job WHERE id = ?", (job,)).fetchone()
    revived, hosts = [], set()
    for seed in seeds:
        values = {"fp": seed.fingerprint, "scheduled": scheduled, "now": now}
        row = db.execute(_REVIVE, values).fetchone()
        if row:
            revived.append(row[:3])
            hosts.add(row[3])
    _count(db, revived, sign=-1)
    due(db, hosts, job, now)
    return len(revived)


def _count(db: Connection, rows: Sequence[tuple[int, str | None, int]], *, sign: int) -> None:
    """Keep the sums: a retired URL is counted as that, and as nothing else."""
    sums: Counter[tuple[int, str]] = Counter()
    for job, ended, state in rows:
        sums[job, "retired"] += sign
        if ended:
            sums[job, ended] -= sign
            if state == WAITING:
                sums[job, "+"] -= sign
    tally(db, sums)
