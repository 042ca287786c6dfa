"""Visits are recorded, files reserved, sums kept."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crawler.cookie import SetCookies
from crawler.frontier.outbox import NO_NOTICES, Notices
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.outbox import putting
from crawler.frontier.sql.procedures import LOOKED_UP, OWNED, Procedure
from crawler.frontier.sql.rows import leased, staging
from crawler.frontier.sql.rows.cookies import tell
from crawler.frontier.sql.rows.failures import failures_of
from crawler.frontier.sql.rows.file import Transactions
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.readiness import (
    OWE_ALL,
    owed_rows,
    ready_at_of,
    update_ready_at,
)
from crawler.frontier.sql.rows.robots import ask, learn
from crawler.frontier.sql.rows.tasks import ENDS, row_of
from crawler.frontier.sql.states import LEASED, ROBOTS_JOB, WAITING
from crawler.frontier.sql.visits.following import follow
from crawler.model import FIRST_STORE, Kept, Seconds
from crawler.policy.naming import path_key
from crawler.records import Again, Hop, HostRecord, Settlement
from crawler.urls import host_of

_UNSETTLED = f"""
DELETE FROM settled WHERE NOT EXISTS (/* each */
    SELECT 1 FROM task WHERE task.id = settled.id AND {LOOKED_UP} = {LEASED}
    AND task.attempt = settled.attempt AND {OWNED})"""
"""A settlement counts once, for the attempt that its owner has leased."""
_COUNT = f"""
INSERT INTO tally SELECT job, kind, sum(n) FROM (
    WITH ends AS MATERIALIZED (
        SELECT job, task.ended AS past, final, settled.state = {WAITING} AS again, count(*) AS n
        FROM temp.settled CROSS JOIN task ON task.id = settled.id
        WHERE final IS NOT NULL AND job != {ROBOTS_JOB} GROUP BY 1, 2, 3, 4)
    SELECT job, past AS kind, -n AS n FROM ends WHERE past IS NOT NULL
    UNION ALL SELECT job, final, n FROM ends
    UNION ALL SELECT job, '+', CASE WHEN again THEN n ELSE 0 END
        - CASE WHEN past IS NOT NULL THEN n ELSE 0 END FROM ends)
GROUP BY job, kind HAVING sum(n) != 0 ORDER BY job, kind
ON CONFLICT (job, kind) DO UPDATE SET n = tally.n + excluded.n"""
"""A URL is counted by the kind of its last end, and under "+" while it is due again."""
_SETTLE = """
UPDATE task SET (state, due_at, host, path, failures, put_off, ended, digest, finished_at) = (
    SELECT s.state, s.due_at, s.host, ifnull(s.path, task.path), s.failures, s.put_off,
    ifnull(s.final, task.ended), ifnull(s.digest, task.digest), s.finished_at
    FROM temp.settled AS s WHERE s.id = task.id)
WHERE id IN (/* few */ SELECT id FROM temp.settled)"""
_VISIT = """
INSERT INTO visited (
    task, location, hops, kind, status, reason, directives, size, etag, last_modified,
    unverified, media_type, charset, success_at, changed_at, every, host_asked, store, cookies)
SELECT id, location, hops, kind, status, reason, directives,
    iif(digest IS NULL, NULL, size), etag, last_modified, iif(digest IS NULL, FALSE, unverified),
    iif(digest IS NULL, NULL, media_type), iif(digest IS NULL, NULL, charset),
    success_at, changed_at, every, host_asked,
    iif(digest IS NULL, NULL, CAST(:store AS INTEGER)), cookies
FROM temp.settled WHERE true
ON CONFLICT (task) DO UPDATE SET (
    location, hops, kind, status, reason, directives, size, etag, last_modified,
    unverified, media_type, charset, final_location, part, success_at, changed_at, every,
    host_asked, suspicion, store, cookies
) = (SELECT
    s.location, s.hops, s.kind, s.status, s.reason, s.directives,
    iif(s.digest IS NULL, visited.size, s.size),
    iif(s.away, visited.etag, s.etag), iif(s.away, visited.last_modified, s.last_modified),
    iif(s.digest IS NULL, visited.unverified, s.unverified),
    iif(s.digest IS NULL, visited.media_type, s.media_type),
    iif(s.digest IS NULL, visited.charset, s.charset),
    iif(s.digest IS NULL, visited.final_location, visited.location),
    iif(s.ended, NULL, visited.part), ifnull(s.success_at, visited.success_at),
    ifnull(s.changed_at, visited.changed_at), s.every, s.host_asked,
    iif(s.cleared, 0, visited.suspicion),
    iif(s.digest IS NULL, visited.store, CAST(:store AS INTEGER)), s.cookies
    FROM temp.settled AS s WHERE s.id = visited.task)"""
SETTLE = Procedure(
    "settle",
    "owner now store",
    _UNSETTLED,
    leased.fewer("temp.settled CROSS JOIN task ON task.id = settled.id"),
    _COUNT,
    _SETTLE,
    _VISIT,
    *OWE_ALL,
    ready_at_of("SELECT host FROM temp.settled"),
    "INSERT OR IGNORE INTO file (key, task) SELECT key, task FROM temp.claimed ORDER BY key",
    fenced=True,
)
_KEEP = f"""
INSERT INTO visited (task, part, part_etag, part_modified, part_total, part_store)
SELECT id, :part, :etag, :modified, :total, CAST(:store AS INTEGER) FROM task
WHERE id = :task AND {LOOKED_UP} = {LEASED} AND {OWNED}
ON CONFLICT (task) DO UPDATE SET part = excluded.part, part_etag = excluded.part_etag,
    part_modified = excluded.part_modified, part_total = excluded.part_total,
    part_store = excluded.part_store"""
_HOP = "UPDATE temp.settled SET host = ? WHERE id = ?"

_REFUSED = """
SELECT key FROM temp.claimed WHERE NOT EXISTS (/* each */
    SELECT 1 FROM file WHERE file.key = claimed.key AND file.task = claimed.task)"""
"""Files of other tasks. They are few, and each row that is read takes its time."""


class Settles(NamedTuple):
    """What a process settles by."""

    store: int
    """Where its files lie."""
    stepped: Seconds
    """Sum of the steps of the clock, as it has heard of them."""
    budgeted: frozenset[str]
    """Names of its jobs that have a budget."""

    def spends(self, settlements: Sequence[Settlement]) -> bool:
        """Tell whether some of these are of jobs that have a budget."""
        some = bool(self.budgeted)
        return some and not self.budgeted.isdisjoint(one.task.job for one in settlements)


def settle(
    file: Transactions,
    owner: int,
    settlements: Sequence[Settlement],
    hosts: Sequence[HostRecord],
    claims: Mapping[int, str],
    kept: Mapping[int, Kept],
    notices: Notices = NO_NOTICES,
    cookies: Sequence[SetCookies] = (),
    *,
    by: Settles,
) -> set[int]:
    """Record verdicts, hops to other hosts, the sums, and the rests of hosts; reserve files.

    `claims` are the first choices of tasks whose bodies are still to be written; those that have
    theirs now, in the store of the process, are returned. `notices` come with the settlements. A
    cap that is reached is in force with the visit that reached it.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    db, names, store, stepped = file.db, file.names, by.store, by.stepped
    spends = by.spends(settlements)
    failed = failures_of(settlements, stepped)
    wanted = {path_key(path, store): task for task, path in claims.items()}
    staging.fill(
        db,
        settled=map(row_of, settlements),
        failed=failed,
        claimed=wanted.items(),
        **owed_rows(hosts),
        **(putting.outgoing(notices.events) if notices.events else {}),
    )
    where = _noted(store)
    parts = [_part_of(owner, task, part) | {"store": where} for task, part in kept.items()]
    leads = [(one, there) for one in settlements if (there := _leads_to(one))]
    now = max((settled.finished_at for settled in settlements), default=0.0)
    ruled = list(filter(_brings_rules, settlements))
    alone = any((spends, leads, cookies, ruled))
    with file.locked(beside=not alone):
        _lead(db, names, leads)
        db.executemany(_KEEP, parts)
        db.run(SETTLE, {"owner": owner, "now": now, "store": where})
        follow(db, names, now, stepped, failed=bool(failed), spends=spends, notices=notices)
        update_ready_at(db, _learned(db, names, ruled), now)
        tell(db, names, cookies)
    refused = db.execute(_REFUSED).fetchall() if wanted else ()
    return set(wanted.values()).difference(wanted[key] for (key,) in refused)


def _noted(store: int) -> int | None:
    """Return a store as rows of visits have it: the first one takes no byte there."""
    return None if store == FIRST_STORE else store


def _part_of(owner: int, task: int, kept: Kept) -> dict[str, object]:
    """Return the row of a part that a visit begins, so that one after a crash can go on from it."""
    marks = kept.validators
    return {
        "owner": owner, "task": task, "part": kept.part, "total": kept.total,
        "etag": marks.etag, "modified": marks.last_modified,
    }  # fmt: skip


def _brings_rules(settled: Settlement) -> bool:
    """Tell whether rules of robots.txt come with a settlement, or are asked for."""
    return settled.robots is not None or bool(settled.outcome.needs_robots)


def _leads_to(settled: Settlement) -> str:
    """Return the URL at whose host a task goes on, if that may be another host; else ''.

    A redirect leads there, and after its end a task begins anew where it is listed. A host of an
    earlier version loses its dot.
    """
    task, verdict = settled.task, settled.verdict
    if isinstance(verdict, (Hop, Again)) and verdict.location:
        return verdict.location
    if isinstance(verdict, ENDS) and verdict.next_at and task.location != task.url:
        return task.url
    return task.location if ".:" in task.host else ""


def _lead(db: Connection, names: Names, leads: Sequence[tuple[Settlement, str]]) -> None:
    """Have tasks wait at the hosts of these URLs."""
    for settled, there in leads:
        host = names.host_id(db, host_of(there), names.job_id(db, settled.task.job))
        db.execute(_HOP, (host, settled.task.id))


def _learned(db: Connection, names: Names, settlements: Sequence[Settlement]) -> set[int]:
    """Record rules of robots.txt, ask for missing ones; return the hosts of changed rules."""
    hosts = set()
    for settled in settlements:
        if settled.robots:
            hosts.update(learn(db, names, settled))
        if wanted := settled.outcome.needs_robots:
            task, at = settled.task, settled.finished_at
            listed = host_of(task.url) == host_of(task.location)
            ask(db, wanted, task.host_id, names.job_id(db, task.job), at, listed=listed)
    return hosts
