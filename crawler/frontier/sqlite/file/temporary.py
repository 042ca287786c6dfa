"""The temporary tables of verbs, in the memory of a connection; sql/rows/staging.py fills them."""

import sqlite3

from crawler.frontier.sql.rows.staging import OWED
from crawler.frontier.sql.rows.tasks import SETTLED

_CLUSTERED = frozenset({"taken"})
"""Tables that are kept in the order of their keys."""
TABLES = {
    "seed": "nth INTEGER PRIMARY KEY, fingerprint, host, url, path, extra, times, task",
    "seed_host": "nth INTEGER PRIMARY KEY, key, bucket, obeys, id",
    "settled": f"id INTEGER PRIMARY KEY, {', '.join(SETTLED[1:])}",
    "owed": f"id INTEGER PRIMARY KEY, {', '.join(OWED)}, leaves",
    "rested": "ip TEXT PRIMARY KEY, answered_at",
    "parted": "ip TEXT PRIMARY KEY",
    "returned": "id INTEGER PRIMARY KEY",
    "refused": "host INTEGER PRIMARY KEY",
    "failed": "id, attempt, host, cause, at, url, reason",
    "outgoing": "nth INTEGER PRIMARY KEY, hook, event, lane, body, task",
    "claimed": "key INTEGER PRIMARY KEY, task",
    "wanted": "host INTEGER PRIMARY KEY, tasks, upto, new, nth",
    "my_job": "name TEXT PRIMARY KEY, digest",
    "held_job": "name TEXT PRIMARY KEY",
    "refitted": "id INTEGER PRIMARY KEY, was, at",
    "turn": "host INTEGER, job INTEGER, served, weight, ranked, due, PRIMARY KEY (host, job)",
    "taken": "host INTEGER, job INTEGER, place, id INTEGER, PRIMARY KEY (host, place, id)",
}
"""What each is made of, by name. Types are those of the values: nothing is converted twice."""


sqlite3.register_adapter(type(None), {None: None}.get)
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(bytes, bytes)
"""Values that stay as they are. The module sqlite3 looks for what to make of each that is no number
or text, and takes long where nothing is registered. These are functions of C: most values of a row
are such ones.
"""


def set_up(db: sqlite3.Connection) -> None:
    """Make the tables, empty, beside a file that was just opened."""
    db.execute("PRAGMA temp_store = MEMORY")
    for name, columns in TABLES.items():
        kind = "WITHOUT ROWID" if name in _CLUSTERED else ""
        db.execute(f"CREATE TEMP TABLE {name} ({columns}) {kind}")
    db.execute("CREATE INDEX temp.wanted_size ON wanted (upto)")
