"""URLs that are new: their tasks, their hosts, and when those are ready.

Their hosts are ready since the whole second that has begun, which takes half the bytes of another
time, in row and index. URLs are due now: their schedule counts from that. Their rows are staged,
see seed_rows.py; few statements add them all, so that the lists are read on meanwhile: the
interpreter's lock is free while one runs.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.lists.finding import SEEDS, TASK, Sight, find, look
from crawler.frontier.sql.lists.renaming import adopt, older_names
from crawler.frontier.sql.lists.seed_rows import HOSTS, Batch, agree, remember, stage
from crawler.frontier.sql.rows.file import Transactions
from crawler.frontier.sql.rows.fingerprints import note
from crawler.frontier.sql.rows.names import Names, obeys_of
from crawler.frontier.sql.rows.pauses import some_paused
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.tasks import tally
from crawler.model import DAY_S, Seconds
from crawler.records import Seed

_FOUND = f"SELECT fingerprint FROM temp.seed WHERE {SEEDS} AND task IS NOT NULL"
_LEAVE = f"UPDATE temp.seed SET times = 0 WHERE {SEEDS} AND task IS NOT NULL"
_ADOPTED = f"""
UPDATE temp.seed SET task = {TASK}, times = times - 1
WHERE {SEEDS} AND (fingerprint IN (SELECT value FROM json_each(:adopted))) IS TRUE"""
_MORE = f"""
UPDATE task SET listed = listed + seed.times FROM temp.seed
WHERE task.id = seed.task AND {SEEDS} AND seed.task IS NOT NULL AND times > 0"""
_NOT_NEEDED = f"""
DELETE FROM temp.seed_host WHERE {HOSTS}
AND nth NOT IN (SELECT host FROM temp.seed WHERE {SEEDS} AND task IS NULL)"""
_ADD_HOSTS = f"""
INSERT OR IGNORE INTO host (key, bucket, obeys, ready_at, class)
SELECT key, bucket, obeys, :second, :weight FROM temp.seed_host WHERE {HOSTS}"""
_NUMBER = f"""
UPDATE temp.seed_host SET id = (SELECT id FROM host WHERE host.key = seed_host.key)
WHERE {HOSTS}"""
_LIST = f"""
INSERT OR IGNORE INTO host_job (host, job, served)
SELECT id, :job, ifnull((SELECT min(served) FROM host_job WHERE host = seed_host.id), 0.0)
FROM temp.seed_host WHERE {HOSTS}"""
_ADD = f"""
INSERT OR FAIL INTO task (fingerprint, job, host, due_at, url, path, extra, listed, first_seen)
SELECT fingerprint, :job,
    iif(host < 0, -host, (SELECT id FROM temp.seed_host WHERE seed_host.nth = host)),
    :now, url, path, extra, times, :second
FROM temp.seed WHERE {SEEDS} AND task IS NULL ORDER BY nth"""
_NEW_HOSTS = f"SELECT id FROM temp.seed_host WHERE {HOSTS}"
_ALL_HOSTS = f"""
{_NEW_HOSTS} UNION ALL
SELECT DISTINCT -host FROM temp.seed WHERE {SEEDS} AND task IS NULL AND host < 0"""
_USE_HOSTS = f"""
INSERT OR IGNORE INTO used
SELECT marking, line.id FROM ledger CROSS JOIN ({_ALL_HOSTS}) AS line WHERE marking > 0"""
_FIRST_HOSTS = "SELECT host FROM task WHERE id > :last GROUP BY host ORDER BY min(id)"
_DUE = """
UPDATE host SET
    ready_at = CASE WHEN ready_at <= :now THEN ready_at ELSE max(next_at, opens_at, :second) END,
    class = CASE WHEN ready_at IS NULL THEN :weight ELSE max(class, :weight) END
WHERE id IN ({hosts}) AND owner IS NULL
    AND (ready_at IS NULL OR ready_at > :now OR class < :weight)
    AND NOT (rules_until <= :now AND asked_until > :now)"""
_GATED = """
SELECT id FROM host WHERE id IN ({hosts})
AND owner IS NULL AND rules_until <= :now AND asked_until > :now"""
_AT_ONCE = """
UPDATE host SET ready_at = :second - :head_start WHERE id IN (SELECT value FROM json_each(:hosts))
AND class = :weight AND owner IS NULL AND ready_at <= :now
AND EXISTS (SELECT 1 FROM host AS other
    WHERE other.class = host.class AND other.owner IS NULL AND NOT other.parked
    AND other.ready_at <= :second AND (other.ready_at < :second OR other.id < :first_id))"""
FIRST_HOSTS = 16
"""Hosts of a job's first URLs that have a head start: it waits for no long list's hosts."""
HEAD_START_S: Seconds = 7 * DAY_S
"""Time for which these seem to be ready already; who is ready for longest comes first."""


def add(file: Transactions, job: str, seeds: Sequence[Seed], now: Seconds, *, recount: bool) -> int:
    """Make URLs known that stand on no list; one that is known stays as it is, or is recounted."""
    db, added = file.db, None
    file.make_room()
    while added is None:
        with file.locked(write=False):
            said = obeys_of(db)
        staged = stage(db, file.names, [(job, seeds)], said)
        (batch,) = staged.batches
        sight = look(file)
        with file.locked():
            if agree(db, file.names, staged):
                number = file.names.job_id(db, job)
                added = enlist(db, file.names, number, batch, now, sight, recount=recount)
    remember(db, file.names, job, batch)
    return added


def enlist(
    db: Connection,
    names: Names,
    job: int,
    batch: Batch,
    now: Seconds,
    sight: Sight | None = None,
    *,
    recount: bool = True,
) -> int:
    """Add URLs that may be known already, and count those as listed more; return how many came.

    `sight` tells when they were looked for.
    """
    (weight,) = db.execute("SELECT weight FROM job WHERE id = ?", (job,)).fetchone()
    values = {**batch.places, "job": job, "now": now, "second": int(now), "weight": weight}
    found = find(db, values, sight)
    if found and not recount:
        db.execute(_LEAVE, values)
    found += _take_along(db, batch.seeds, values)
    if found:
        db.execute(_MORE, values)
        db.execute(_NOT_NEEDED, values)
    new = batch.places["end"] - batch.places["first"] - found
    if new:
        _add(db, values, new)
        names.uncounted += new
    return new


def _take_along(db: Connection, seeds: Sequence[Seed], values: dict[str, float]) -> int:
    """Take along what the job has under its old names, of URLs that are new; return how many."""
    older = older_names(db, int(values["job"]))
    if not older:
        return 0
    known = {fingerprint for (fingerprint,) in db.execute(_FOUND, values)}
    new = {seed.fingerprint: seed for seed in reversed(seeds) if seed.fingerprint not in known}
    adopted = adopt(db, int(values["job"]), older, new.values(), values["now"])
    db.execute(_ADOPTED, {**values, "adopted": json.dumps(adopted)})
    return len(adopted)


def _add(db: Connection, values: Mapping[str, float], new: int) -> None:
    """Add URLs that are not known, in this order, and their hosts."""
    job = int(values["job"])
    before = db.execute("SELECT n FROM tally WHERE job = ? AND kind = ''", (job,)).fetchone()
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM task").fetchone()
    for statement in (_ADD_HOSTS, _NUMBER, _LIST, _ADD, _USE_HOSTS):
        db.execute(statement, values)
    note(db, last)
    tally(db, Counter({(job, ""): new}))
    _be_due(db, _ALL_HOSTS, values)
    if before is None:
        first = db.execute(f"{_FIRST_HOSTS} LIMIT {FIRST_HOSTS}", {**values, "last": last})
        hosts = [host for (host,) in first.fetchall()]
        more = {"hosts": json.dumps(hosts), "first_id": min(hosts), "head_start": HEAD_START_S}
        db.execute(_AT_ONCE, {**values, **more})


def due(db: Connection, hosts: Iterable[int], job: int, now: Seconds) -> None:
    """Make hosts ready of which something is due now."""
    (weight,) = db.execute("SELECT weight FROM job WHERE id = ?", (job,)).fetchone()
    values = {"now": now, "second": int(now), "weight": weight, "hosts": json.dumps(list(hosts))}
    _be_due(db, "SELECT value FROM json_each(:hosts)", values)


def _be_due(db: Connection, hosts: str, values: Mapping[str, object]) -> None:
    """Make hosts ready; `hosts` selects their numbers.

    A host whose robots.txt is asked for is ready for that first, and where no job visited it until
    now, nothing has said when. One that is paused is not.
    """
    now = float(str(values["now"]))
    if some_paused(db):
        some = db.execute(hosts, values).fetchall()
    else:
        db.execute(_DUE.format(hosts=hosts), values)
        some = db.execute(_GATED.format(hosts=hosts), values).fetchall()
    update_ready_at(db, [host for (host,) in some], now)
