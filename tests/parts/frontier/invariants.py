"""What holds of a ledger after every verb, read from the tables themselves."""

import json
from array import array
from collections import Counter
from zlib import crc32

from crawler.frontier.sql.rows.names import is_obeyed
from crawler.frontier.sql.states import DEAD, DONE, LEASED, RETIRED, ROBOTS_JOB, WAITING
from crawler.policy.naming import path_key
from tests.parts.ledgers import tables, tallies


def broken(file, now, held):
    """Return the rules that do not hold, in words; `held` has the tasks by host, by owner."""
    kept, real = tallies(file)
    found = [] if kept == real else [f"the sums are {kept}, counted anew {real}"]
    with tables(file) as db:
        found += [*_ends(db), *_known(db), *_leases(db, held), *_listings(db), *_files(db)]
        found += [*_readiness(db, now), *_parking(db), *_said(db), *_references(db)]
        return [*found, *_paused(db), *_woken(db, now)]


def _ends(db):
    ended = db.execute(
        f"SELECT id FROM task WHERE job != {ROBOTS_JOB} AND state IN ({DONE}, {DEAD}) "
        "AND ended IS NULL"
    ).fetchall()
    if ended:
        yield f"tasks that are over have no end: {ended}"


def _known(db):
    tasks = sorted(db.execute("SELECT fingerprint, id FROM task"))
    if tasks != sorted(db.execute("SELECT fingerprint, task FROM known")):
        yield "the index of fingerprints has not the tasks"


_COUNTED_ANEW = f"""
SELECT owner, job, count(*) FROM task JOIN host ON host.id = host
WHERE state = {LEASED} GROUP BY owner, job"""


def _leases(db, held):
    lost = db.execute(
        f"SELECT task.id, host FROM task LEFT JOIN host ON host.id = host WHERE state = {LEASED} "
        "AND (owner IS NULL OR owner NOT IN (SELECT id FROM process))",
    ).fetchall()
    if lost:
        yield f"tasks are leased and their hosts (task, host) have no living owner: {lost}"
    in_memory = {task.id for hosts in held.values() for tasks in hosts.values() for task in tasks}
    counts = {(process, job): n for process, job, n in db.execute(_COUNTED_ANEW)}
    kept = {(process, job): n for process, job, n in db.execute("SELECT * FROM leased") if n}
    if kept != counts:
        yield f"leased by process and job are {kept}, counted anew {counts}"
    leased = {task for (task,) in db.execute(f"SELECT id FROM task WHERE state = {LEASED}")}
    if in_memory != leased:
        yield f"held by a process or leased, not both: tasks {sorted(in_memory ^ leased)}"


def _listings(db):
    listed = Counter()
    for job, packed in db.execute(
        "SELECT job, fingerprints FROM chunk JOIN source ON source.id = source UNION ALL "
        "SELECT job, fingerprints FROM dropped JOIN source ON source.id = source"
    ):
        numbers = array("q")
        numbers.frombytes(packed)
        listed.update((job, number) for number in numbers)
    leaving = set(db.execute("SELECT job, fingerprint FROM unlisted"))
    past = {job for (job,) in db.execute("SELECT id FROM job WHERE behind")}
    unknown = {(job, number) for job, number in listed if job not in past}
    for job, number, times, state in db.execute(
        f"SELECT job, fingerprint, listed, state FROM task WHERE job != {ROBOTS_JOB}"
    ):
        which = job, number
        unknown.discard(which)
        if times != listed[which]:
            yield f"{which} is listed {listed[which]} times and counted {times}"
        if times <= 0 and state != RETIRED and which not in leaving:
            yield f"{which} is on no list and will never retire"
        if times > 0 and state == RETIRED:
            yield f"{which} is listed and retired"
    if unknown:
        yield f"chunks name URLs without a task: {unknown}"


def _files(db):
    """Yield what is wrong with names of files: each is one task's in its store, a file has one."""
    found = db.execute("SELECT task FROM file WHERE task NOT IN (SELECT id FROM task)")
    gone = found.fetchall()
    if gone:
        yield f"names of files belong to tasks that are gone: {gone}"
    lost = db.execute("SELECT task FROM visited WHERE task NOT IN (SELECT id FROM task)").fetchall()
    if lost:
        yield f"visits are remembered of tasks that are gone: {lost}"
    owners = dict(db.execute("SELECT key, task FROM file"))
    for task, path, store in db.execute(
        "SELECT id, path, ifnull(visited.store, 1) FROM task "
        "LEFT JOIN visited ON visited.task = id WHERE digest IS NOT NULL AND path IS NOT NULL"
    ).fetchall():
        owner = owners.get(path_key(path, store))
        if owner != task:
            yield f"the file {path} in {store} of task {task} is reserved by {owner}"


_AT_WORK = """
job.name NOT IN (SELECT subject FROM wish WHERE verb = 'pause' AND scope = 'job')"""
_WAITING = f"""
SELECT min(due_at),
    min(CASE WHEN NOT :awaited OR NOT ifnull(host.obeys, job.obeys) THEN due_at END)
FROM task JOIN job ON job.id = job JOIN host ON host.id = host
WHERE host = :host AND state = {WAITING} AND active AND job.id != {ROBOTS_JOB}
AND {_AT_WORK}"""
_ROBOTS = f"""
SELECT min(due_at) FROM task WHERE host = ? AND job = {ROBOTS_JOB} AND state = {WAITING}
AND EXISTS (SELECT 1 FROM host_job JOIN job ON job.id = host_job.job AND active
    WHERE host_job.host = task.host AND {_AT_WORK})"""


_HOST_PAUSED = """
EXISTS (SELECT 1 FROM wish WHERE verb = 'pause' AND scope = 'host'
    AND subject IN (key, rtrim(key, '0123456789')))"""


def _readiness(db, now):
    """Yield the unowned hosts that nothing will ever lease, though a task of theirs waits."""
    for host, key, ready_at, next_at, opens_at, rules_until, asked_until in db.execute(
        "SELECT id, key, ready_at, next_at, opens_at, rules_until, asked_until FROM host "
        f"WHERE owner IS NULL AND NOT ({_HOST_PAUSED})"
    ).fetchall():
        awaited = rules_until <= now < asked_until
        ((waiting, free),) = db.execute(_WAITING, {"host": host, "awaited": awaited}).fetchall()
        ((robots,),) = db.execute(_ROBOTS, (host,)).fetchall()
        due = [at for at in (free, robots) if at is not None]
        latest = min(due) if due else asked_until if waiting is not None else None
        if latest is None:
            continue
        latest = max(latest, next_at, opens_at, now)
        if ready_at is None or ready_at > latest:
            yield f"{key} is ready at {ready_at}, and should be by {latest} (now {now})"


_LOST = """
SELECT key FROM host LEFT JOIN address ON ip = address
WHERE parked AND (host.owner IS NOT NULL OR crowded IS NULL)"""


def _parking(db):
    """Yield the parked hosts that no lease will ever bring back."""
    for (key,) in db.execute(_LOST):
        yield f"{key} is parked, and nothing brings it back"


def _paused(db):
    """Yield the hosts that are paused, and that a lease would look at."""
    ready = "SELECT key FROM host WHERE owner IS NULL AND ready_at IS NOT NULL AND "
    for (key,) in db.execute(f"{ready} {_HOST_PAUSED}"):
        yield f"{key} is paused, and ready"


_UNHEARD = """
SELECT key FROM woken JOIN host ON host.id = woken.host
LEFT JOIN process ON process.id = host.owner
WHERE number > heard AND (failures > 0 OR backoff > 0 OR failed_until > 0 OR next_at > ? + 2)"""


def _woken(db, now):
    """Yield the hosts that rest for failures of which their owners knew before the wake."""
    for (key,) in db.execute(_UNHEARD, (now,)):
        yield f"{key} was woken, and rests"


def _said(db):
    """Yield the hosts that do not know what the configuration says of their robots.txt."""
    said, upto = db.execute("SELECT obeys, obeyed_upto FROM ledger").fetchone()
    for number, key, obeys, bucket in db.execute("SELECT id, key, obeys, bucket FROM host"):
        if (upto is None or number <= upto) and is_obeyed(json.loads(said), key) != obeys:
            yield f"{key} has {obeys} of {said}"
        if bucket != crc32(key.encode()) % 1024:
            yield f"{key} is in bucket {bucket}"


_LOST_HOSTS = {
    "tasks": "SELECT id FROM task WHERE host NOT IN (SELECT id FROM host) AND host != 0",
    "jobs at hosts": "SELECT host FROM host_job WHERE host NOT IN (SELECT id FROM host)",
    "causes": "SELECT host FROM failure WHERE host NOT IN (SELECT id FROM host)",
    "rules": "SELECT origin FROM robots WHERE origin NOT IN ("
    "SELECT 'http://' || key FROM host UNION ALL SELECT 'https://' || key FROM host)",
    "chunks": "SELECT id FROM chunk WHERE source NOT IN (SELECT id FROM source)",
    "tasks without a job there": "SELECT id FROM task WHERE job != 0 AND NOT EXISTS ("
    "SELECT 1 FROM host_job WHERE host_job.host = task.host AND host_job.job = task.job)",
}


def _references(db):
    """Yield what refers to a host or a list that was forgotten."""
    for name, query in _LOST_HOSTS.items():
        if lost := db.execute(query).fetchall():
            yield f"{name} refer to what is gone: {lost}"
