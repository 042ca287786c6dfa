"""Hosts that were woken: what failures asked of them counts no more.

A host's rest is computed by its owner, in memory. So a wake has a number among the wishes, and what
an owner records is mended as long as it has not said that it heard of that number.
"""

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.course import STEPPED

_JOBS = """
SELECT max(delay) FROM host_job JOIN job ON job.id = host_job.job AND active
WHERE host_job.host = host.id"""
_DELAY = f"iif(backoff >= gap, max(ifnull(({_JOBS}), 0.0), crawl_delay), gap)"
"""Its delay while all is well: what was its last one, unless that was its backoff."""
_PUT_OFF = "iif({forced}, 0.0, put_off_until)"
_MEND = f"""
UPDATE host SET
    next_at = min(next_at, max(answered_at + {_DELAY}, turn_at, {_PUT_OFF}) + {STEPPED}),
    gap = {_DELAY}, put_off_until = {_PUT_OFF},
    failed_until = 0.0, backoff = 0.0, failures = 0, failing_since = NULL, silent = FALSE,
    first_failed_at = NULL, refusals = 0, refused_path = 0, refused_since = NULL
WHERE id IN ({{hosts}})"""
_UNHEARD = """
SELECT owed.id FROM woken CROSS JOIN temp.owed ON owed.id = woken.host
WHERE woken.number > (SELECT heard FROM process WHERE id = :owner)"""
MEND_UNHEARD = _MEND.format(
    hosts=_UNHEARD, forced="(SELECT forced FROM woken WHERE woken.host = host.id)"
)
"""Mends what `:owner` recorded of hosts just now, and had not heard that they were woken."""
_NOTE = """
INSERT INTO woken (host, number, forced) VALUES (?, (SELECT wishes FROM ledger), ?)
ON CONFLICT (host) DO UPDATE SET number = excluded.number, forced = excluded.forced"""
_SINCE = "SELECT host, forced FROM woken WHERE number > ?"
_FORGET = """
DELETE FROM woken WHERE number <= ifnull((SELECT min(heard) FROM process), number)"""
_ASK_AGAIN = """
UPDATE host SET refresh_at = 0.0, asked_until = 0.0 WHERE id = ? AND EXISTS (
    SELECT 1 FROM robots WHERE failures > 0 AND origin IN ('http://' || key, 'https://' || key))"""


def wake(db: Connection, hosts: list[int], *, forced: bool) -> None:
    """Mend the rows of hosts, and note for their owners that these were woken."""
    db.execute(_FORGET)
    for host in hosts:
        db.execute(_MEND.format(hosts="?", forced=str(forced).upper()), (host,))
        db.execute(_NOTE, (host, forced))
        db.execute(_ASK_AGAIN, (host,))


def woken_since(db: Connection, number: int) -> dict[int, bool]:
    """Return the hosts that were woken since the wishes had a number."""
    return {host: bool(forced) for host, forced in db.execute(_SINCE, (number,))}
