"""Hosts and lists that nothing refers to any more are forgotten.

A walk has three parts. It notes the hosts of all URLs, page by page, in `used`; then it looks
through the hosts, and forgets those that are not noted; then it empties `used`. From its begin on
every verb that lets a URL refer to a host notes that as well (`Names.host_id`, `new_urls`), so that
no page is read twice. `ledger.marking` is the number of the walk, minus that between walks: a walk
ends when another begins. What a process remembers of hosts is void once `ledger.forgotten` has
grown (`Names.check`).
"""

from collections import Counter
from collections.abc import Sequence

from crawler.frontier.actions import ForgetUnused
from crawler.frontier.answers import Changed, Cursor
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.desk.selection import upto
from crawler.frontier.sql.rows.course import STEPPED
from crawler.frontier.sql.rows.file import File
from crawler.frontier.sql.rows.fingerprints import TASK_OF
from crawler.frontier.sql.rows.fingerprints import forget as forget_fingerprints
from crawler.frontier.sql.states import LEASED, ROBOTS_JOB, WAITING
from crawler.model import Seconds
from crawler.policy.robots import url_of
from crawler.urls import fingerprint

ROWS_AT_ONCE = 500
"""Lists or hosts that are forgotten in one transaction."""
HOSTS_PASSED = 5000
"""Hosts that are looked at for that."""
NOTES_AT_ONCE = 2000
"""Rows of `used` that are deleted in one transaction."""
_SOURCES = f"""
DELETE FROM source WHERE id IN (
    SELECT source.id FROM job CROSS JOIN source ON source.job = job.id
    WHERE NOT active AND (reader IS NULL OR reader NOT IN (SELECT id FROM process))
    AND NOT EXISTS (SELECT 1 FROM chunk WHERE chunk.source = source.id)
    AND NOT EXISTS (SELECT 1 FROM dropped WHERE dropped.source = source.id)
    LIMIT {ROWS_AT_ONCE})"""
_BEGIN = "UPDATE ledger SET marking = abs(marking) + 1"
_USED = f"""
SELECT DISTINCT host FROM task WHERE id > :after AND id <= :last
AND (job != {ROBOTS_JOB} OR state IN ({WAITING}, {LEASED}) OR EXISTS (
    SELECT 1 FROM visited WHERE visited.task = task.id AND visited.location IS NOT NULL))
AND NOT EXISTS (SELECT 1 FROM used WHERE walk = :walk AND used.host = task.host)"""
"""Hosts of a page. A robots.txt that was visited at home is forgotten with its host."""
_UNUSED = f"""
owner IS NULL AND max(next_at, opens_at, rules_until, asked_until,
    max(answered_at, failed_until, put_off_until, turn_at) + {STEPPED}) <= :until
AND id < (SELECT max(id) FROM host)
AND NOT EXISTS (SELECT 1 FROM used WHERE walk = :walk AND used.host = host.id)
AND NOT EXISTS (SELECT 1 FROM task WHERE task.host = host.id AND state = {WAITING})
AND NOT EXISTS (SELECT 1 FROM task WHERE task.host = host.id AND state = {LEASED})"""
"""Condition on a host. The last one stays, so that no number is another host's later."""
_LAST = "SELECT max(id), count(*) FROM (SELECT id FROM host WHERE id > ? ORDER BY id LIMIT ?)"
_FOUND = f"""
SELECT id FROM host WHERE id > :after AND id <= :last AND {_UNUSED} ORDER BY id LIMIT :most"""
_STILL = f"SELECT key, address FROM host WHERE id = :host AND {_UNUSED}"
_ROBOTS_TASK = f"SELECT id, state FROM task WHERE id = {TASK_OF} AND job = {ROBOTS_JOB}"
_ADDRESS = f"""
DELETE FROM address WHERE ip = ? AND owner IS NULL AND crowded IS NULL
AND answered_at + {STEPPED} <= ?"""
_CLEAR = f"""
DELETE FROM used WHERE (walk, host) IN (
    SELECT walk, host FROM used WHERE walk <= ? LIMIT {NOTES_AT_ONCE})"""


def forget_unused(file: File, action: ForgetUnused, now: Seconds, after: Cursor) -> Changed:
    """Do a slice. The cursor is (0, _) for the lists, then (walk, a task), (walk, minus a host).

    In the end it is (minus the walk, _).
    """
    walk, number = after
    if walk == 0:
        return _forget_sources(file, number)
    if walk < 0:
        return _clear(file, walk)
    if number >= 0:
        return _note_used(file, walk, number)
    return _forget_hosts(file, walk, -number - 1, now - action.idle)


def _forget_sources(file: File, number: int) -> Changed:
    db = file.db
    with file.locked():
        found = db.execute(_SOURCES).rowcount
        more = found == ROWS_AT_ONCE
        if not more:
            db.execute(_BEGIN)
        (walk,) = db.execute("SELECT marking FROM ledger").fetchone()
    return Changed(Counter(list=found), (0, number + 1) if more else (walk, 0))


def _note_used(file: File, walk: int, after: int) -> Changed:
    """Note the hosts of a page of URLs; whoever uses one meanwhile notes that."""
    db = file.db
    with file.locked(write=False):
        last, on = upto(db, after)
        values = {"after": after, "last": last, "walk": walk}
        found = [(walk, host) for (host,) in db.execute(_USED, values)]
    if found:
        with file.locked():
            db.executemany("INSERT OR IGNORE INTO used VALUES (?, ?)", found)
    return Changed(Counter(), (walk, -1 if on is None else on))


def _forget_hosts(file: File, walk: int, after: int, until: Seconds) -> Changed:
    """Forget a slice of the hosts that are not used and were not visited since."""
    db, counts = file.db, Counter[str]()
    with file.locked(write=False):
        last, passed = db.execute(_LAST, (after, HOSTS_PASSED)).fetchone()
        values = {"after": after, "last": last, "walk": walk, "until": until, "most": ROWS_AT_ONCE}
        found = [host for (host,) in db.execute(_FOUND, values)]
    if len(found) == ROWS_AT_ONCE:
        last, passed = found[-1], HOSTS_PASSED
    with file.locked():
        if db.execute("SELECT marking FROM ledger").fetchone() != (walk,):
            return Changed(counts, (-walk, 0))  # this walk has ended, or another has begun
        for host in found:
            counts["host"] += _forget_host(db, {"host": host, "walk": walk, "until": until})
        db.execute("UPDATE ledger SET forgotten = forgotten + ?", (counts["host"],))
        if passed < HOSTS_PASSED:
            db.execute("UPDATE ledger SET marking = -?", (walk,))
    return Changed(counts, (walk, -last - 1) if passed == HOSTS_PASSED else (-walk, 0))


def _forget_host(db: Connection, values: dict[str, float]) -> bool:
    """Forget a host that is still unused, with its rules; tell whether it was."""
    row = db.execute(_STILL, values).fetchone()
    if row is None:
        return False
    key, address = row
    visits = _robots_visits(db, key)
    if not all(over for *_, over in visits):
        return False
    _delete(db, int(values["host"]), key)
    tasks = [(task,) for _, task, _ in visits]
    db.executemany("DELETE FROM task WHERE id = ?", tasks)
    db.executemany("DELETE FROM visited WHERE task = ?", tasks)
    forget_fingerprints(db, [number for number, *_ in visits])
    db.execute(_ADDRESS, (address, values["until"]))
    return True


def _robots_visits(db: Connection, key: str) -> list[tuple[int, int, bool]]:
    """Return the visits to the robots.txt of a host: fingerprint, task, and whether it is over.

    One is not that a redirect has led elsewhere, nor the last task of all: its number would be
    another one's soon.
    """
    (last,) = db.execute("SELECT max(id) FROM task").fetchone()
    numbers = [fingerprint(".robots", url) for url in _robots_urls(key)]
    found = [(number, db.execute(_ROBOTS_TASK, (number,)).fetchone()) for number in numbers]
    return [
        (number, task[0], task[1] not in {WAITING, LEASED} and task[0] != last)
        for number, task in found
        if task
    ]


def _robots_urls(key: str) -> Sequence[str]:
    """Return the URLs of the robots.txt of a host, in their one spelling."""
    name, _, port = key.rpartition(":")
    usual = {"http": "80", "https": "443"}
    return [url_of(f"{scheme}://{name if port == usual[scheme] else key}/") for scheme in usual]


def _delete(db: Connection, host: int, key: str) -> None:
    db.execute("DELETE FROM host_job WHERE host = ?", (host,))
    db.execute("DELETE FROM failure WHERE host = ?", (host,))
    db.execute("DELETE FROM woken WHERE host = ?", (host,))
    db.execute("DELETE FROM host WHERE id = ?", (host,))
    origins = [(f"{scheme}://{key}",) for scheme in ("http", "https")]
    db.executemany("DELETE FROM robots WHERE origin = ?", origins)


def _clear(file: File, walk: int) -> Changed:
    with file.locked():
        found = file.db.execute(_CLEAR, (-walk,)).rowcount
    return Changed(Counter(), (walk, 0) if found == NOTES_AT_ONCE else None)
