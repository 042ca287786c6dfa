"""URLs that are new: their tasks, their hosts, and when those are ready. In the native thread.

Their hosts are ready since the whole second that has begun, which takes half the bytes of another
time, in row and index. URLs are due now: their schedule counts from that.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from crawler.frontier.sqlite.lists.renaming import adopt
from crawler.frontier.sqlite.rows.fingerprints import TASK_OF, among, move, note
from crawler.frontier.sqlite.rows.names import Names
from crawler.frontier.sqlite.rows.pauses import some_paused
from crawler.frontier.sqlite.rows.readiness import update_ready_at
from crawler.frontier.sqlite.rows.tasks import tally
from crawler.model import DAY_S, Seconds
from crawler.records import Seed

_ADD = """
INSERT OR FAIL INTO task (fingerprint, job, host, due_at, url, path, extra, first_seen)
SELECT json_extract(value, '$[0]'), :job, json_extract(value, '$[1]'), :now,
    json_extract(value, '$[2]'), json_extract(value, '$[3]'), json_extract(value, '$[4]'), :second
FROM json_each(:seeds)"""
_DUE = """
UPDATE host SET
    ready_at = CASE WHEN ready_at <= :now THEN ready_at ELSE max(next_at, opens_at, :second) END,
    class = CASE WHEN ready_at IS NULL THEN :weight ELSE max(class, :weight) END
WHERE id IN (SELECT value FROM json_each(:hosts)) AND owner IS NULL
    AND (ready_at IS NULL OR ready_at > :now OR class < :weight)
    AND NOT (rules_until <= :now AND asked_until > :now)"""
_GATED = """
SELECT host.id FROM json_each(:hosts) CROSS JOIN host ON host.id = value
WHERE owner IS NULL AND rules_until <= :now AND asked_until > :now"""
_AT_ONCE = """
UPDATE host SET ready_at = :second - :head_start WHERE id IN (SELECT value FROM json_each(:hosts))
AND class = (SELECT weight FROM job WHERE id = :job) AND owner IS NULL AND ready_at <= :now
AND EXISTS (SELECT 1 FROM host AS other
    WHERE other.class = host.class AND other.owner IS NULL AND NOT other.parked
    AND other.ready_at <= :second AND (other.ready_at < :second OR other.id < :first))"""
FIRST_HOSTS = 16
"""Hosts of a job's first URLs that have a head start: it waits for no long list's hosts."""
HEAD_START_S: Seconds = 7 * DAY_S
"""Time for which these seem to be ready already; who is ready for longest comes first."""
_MORE = f"UPDATE task SET listed = listed + ? WHERE id = {TASK_OF}"


def enlist(
    db: sqlite3.Connection, names: Names, job: int, seeds: Sequence[Seed], now: Seconds
) -> int:
    """Add URLs that may be known already; return how many were not.

    Few statements for many rows, so that the lists are read on meanwhile: the interpreter's lock is
    free while one runs.
    """
    listed = Counter(seed.fingerprint for seed in seeds)
    known = among(db, listed)
    new: dict[int, Seed] = {}
    for seed in seeds:
        if seed.fingerprint not in known:
            new.setdefault(seed.fingerprint, seed)
    listed.subtract(new.keys())
    adopted = _take(db, names, job, new.values(), now)
    move(db, names, len(new))
    db.executemany(_MORE, [(times, one) for one, times in listed.items() if times])
    return len(new) - adopted


def _take(
    db: sqlite3.Connection, names: Names, job: int, seeds: Collection[Seed], now: Seconds
) -> int:
    """Add URLs that are not known, or take them along from the old name; return how many were."""
    if not seeds:
        return 0
    others, adopted = adopt(db, job, seeds, now)
    if others:
        _add(db, names, job, others, now)
    return adopted


def _add(
    db: sqlite3.Connection, names: Names, job: int, seeds: Collection[Seed], now: Seconds
) -> None:
    """Add URLs that are not known, in this order."""
    hosts = names.host_ids(db, (seed.host for seed in seeds), job)
    rows = json.dumps(
        [
            (fingerprint, hosts[host], url, path, extra)
            for fingerprint, url, host, path, extra, _ in seeds
        ]
    )
    before = db.execute("SELECT n FROM tally WHERE job = ? AND kind = ''", (job,)).fetchone()
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM task").fetchone()
    db.execute(_ADD, {"job": job, "now": now, "second": int(now), "seeds": rows})
    note(db, last)
    tally(db, Counter({(job, ""): len(seeds)}))
    due(db, hosts.values(), job, now)
    if before is None:
        first = list(hosts.values())[:FIRST_HOSTS]
        values = {"hosts": json.dumps(first), "first": min(first), "job": job, "now": now}
        values |= {"second": int(now), "head_start": HEAD_START_S}
        db.execute(_AT_ONCE, values)


def due(db: sqlite3.Connection, hosts: Iterable[int], job: int, now: Seconds) -> None:
    """Make hosts ready of which something is due now.

    A host whose robots.txt is asked for is ready for that first, and where no job visited it until
    now, nothing has said when. One that is paused is not.
    """
    if some_paused(db):
        return update_ready_at(db, hosts, now)
    (weight,) = db.execute("SELECT weight FROM job WHERE id = ?", (job,)).fetchone()
    values = {"hosts": json.dumps(list(hosts)), "now": now, "second": int(now), "weight": weight}
    db.execute(_DUE, values)
    return update_ready_at(db, [host for (host,) in db.execute(_GATED, values).fetchall()], now)
