"""URLs of a job that has another name now: they come along, with history and file.

A URL's fingerprint is of its job's name and the URL. So the URLs of the old name are found one by
one, when a list of the new name brings them, and become the new job's. What is being visited just
then begins anew under the new name; what the lists name no more stays behind.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.fingerprints import TASK_OF, forget
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.tasks import counted_as, tally
from crawler.frontier.sql.states import DEAD, DONE, LEASED, RETIRED, WAITING
from crawler.model import Kind, Seconds
from crawler.records import Seed
from crawler.urls import fingerprint

_OLDER = """
WITH RECURSIVE older(id) AS (
    SELECT heir_of FROM job WHERE id = ? AND heir_of IS NOT NULL
    UNION SELECT job.heir_of FROM older JOIN job USING (id) WHERE job.heir_of IS NOT NULL)
SELECT id, name FROM older JOIN job USING (id) WHERE NOT active AND id != ?"""
_FOUND = f"""
SELECT id, state, ended, host FROM task
WHERE id = {TASK_OF} AND job = ? AND state != {LEASED}"""
_ADOPT = """
UPDATE task SET job = :job, fingerprint = :fingerprint, state = :state, listed = 1,
    due_at = ifnull(:now, due_at),
    path = CASE WHEN digest IS NULL THEN CAST(:path AS TEXT) ELSE path END, extra = :extra
WHERE id = :id"""
_LIST = """
INSERT OR IGNORE INTO host_job (host, job, served)
SELECT :host, :job, ifnull((SELECT min(served) FROM host_job WHERE host = :host), 0.0)"""


def inherit(db: Connection, names: Mapping[int, str], wanted: Collection[int]) -> None:
    """Note which jobs, by number, take along the URLs of old names; `wanted` is all jobs.

    A name that is a job's again is nobody's old one.
    """
    known = db.execute("SELECT id, heir_of FROM job WHERE heir_of IS NOT NULL").fetchall()
    again = [(heir,) for heir, old in known if old in wanted]
    db.executemany("UPDATE job SET heir_of = NULL WHERE id = ?", again)
    for job, old in names.items():
        _inherit(db, job, old)


def _inherit(db: Connection, job: int, old: str) -> None:
    """Note that a job takes along the URLs of an old name, whose lists are of the past.

    Should a job bear the old name once more, its lists are new, and so are the URLs that left; what
    stayed behind is counted down first, by `passes.count_down`.
    """
    row = db.execute("SELECT id FROM job WHERE name = ? AND id != ?", (old, job)).fetchone()
    (known,) = db.execute("SELECT heir_of FROM job WHERE id = ?", (job,)).fetchone()
    if row is None or row[0] == known:
        return
    db.execute("UPDATE job SET heir_of = ? WHERE id = ?", (row[0], job))
    db.execute("UPDATE job SET behind = TRUE WHERE id = ?", row)
    db.execute(
        "UPDATE source SET version = '', listed = 0, bad = 0, filtered = 0, reader = NULL, "
        "pass = pass + 1 WHERE job = ?",
        row,
    )


def older_names(db: Connection, job: int) -> list[tuple[int, str]]:
    """Return the jobs of a job's old names that still have URLs, with these names."""
    return db.execute(_OLDER, (job, job)).fetchall()


def adopt(
    db: Connection,
    job: int,
    older: Iterable[tuple[int, str]],
    seeds: Iterable[Seed],
    now: Seconds,
) -> list[int]:
    """Take along the URLs that the job had under its old names; return their fingerprints."""
    others, adopted = list(seeds), []
    for one in older:
        left = _adopt(db, job, one, others, now)
        staying = {seed.fingerprint for seed in left}
        adopted += [one.fingerprint for one in others if one.fingerprint not in staying]
        others = left
    return adopted


def _adopt(
    db: Connection, job: int, older: tuple[int, str], seeds: Iterable[Seed], now: Seconds
) -> list[Seed]:
    """Take along the URLs of one old name; return the others."""
    old, name = older
    others: list[Seed] = []
    sums: Counter[tuple[int, str]] = Counter()
    gone, hosts = [], set()
    for seed in seeds:
        before = fingerprint(name, seed.url)
        row = db.execute(_FOUND, (before, old)).fetchone()
        if row is None:
            others.append(seed)
            continue
        number, state, ended, host = row
        then = _state(ended) if state == RETIRED else state
        due = now if state == RETIRED and then == WAITING else None
        values = {"id": number, "job": job, "state": then, "now": due}
        db.execute(_ADOPT, values | {name: getattr(seed, name) for name in _OF_SEED})
        db.execute("INSERT INTO recent VALUES (?, ?)", (seed.fingerprint, number))
        db.execute(_LIST, {"host": host, "job": job})
        sums.subtract([(old, ""), *counted_as(old, state, ended)])
        sums.update([(job, ""), *counted_as(job, then, ended)])
        gone.append(before)
        hosts.add(host)
    if gone:  # their due times are of the schedule of the old name
        db.execute("UPDATE job SET schedule = 'of an older name' WHERE id = ?", (job,))
    forget(db, gone)
    db.executemany(
        "DELETE FROM unlisted WHERE job = ? AND fingerprint = ?", [(old, one) for one in gone]
    )
    tally(db, sums)
    update_ready_at(db, hosts, now)
    return others


_OF_SEED = ("fingerprint", "path", "extra")


def _state(ended: str | None) -> int:
    """Return the state of a URL that comes back to the lists."""
    if ended is None:
        return WAITING
    return DONE if ended in {Kind.STORED, Kind.UNCHANGED} else DEAD
