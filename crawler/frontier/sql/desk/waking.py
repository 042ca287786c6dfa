"""`crawler wake`: what failures ask of a host ends; URLs come forward that waited for that."""

import json
from collections import Counter

from crawler.frontier.answers import Changed, Cursor
from crawler.frontier.sql.desk.selection import host_numbers
from crawler.frontier.sql.desk.slices import ROWS_AT_ONCE
from crawler.frontier.sql.rows.file import File
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.wished import note_change
from crawler.frontier.sql.rows.woken import wake as mend
from crawler.frontier.sql.states import ROBOTS_JOB, WAITING
from crawler.frontier.wishes import WakeHost
from crawler.model import Seconds

HOSTS, URLS = range(2)
"""Parts of the change."""
_ASKED = "EXISTS (SELECT 1 FROM visited WHERE visited.task = task.id AND host_asked)"
_WAITS = f"""
state = {WAITING} AND due_at > :now
AND (failures > 0 AND (:force OR NOT {_ASKED}) OR job = {ROBOTS_JOB})"""
_LATER = f"""
SELECT task.id FROM json_each(:hosts) CROSS JOIN task ON task.host = value
WHERE {_WAITS} AND task.id > :after ORDER BY task.id LIMIT {ROWS_AT_ONCE}"""
_COME = f"""
UPDATE task SET due_at = :now WHERE id IN (SELECT value FROM json_each(:found)) AND {_WAITS}"""


def wake_host(file: File, action: WakeHost, now: Seconds, after: Cursor) -> Changed:
    """Mend the rows of a name's hosts, and then, slice by slice, bring their URLs forward."""
    if after[0] == HOSTS:
        return _mend(file, action, now)
    db, name = file.db, action.name.lower()
    with file.locked(write=False):
        hosts = host_numbers(db, name)
        values = {"hosts": json.dumps(hosts), "now": now, "force": action.force}
        found = [task for (task,) in db.execute(_LATER, {**values, "after": after[1]})]
    came = 0
    if found:
        with file.locked():
            came = db.execute(_COME, {**values, "found": json.dumps(found)}).rowcount
            update_ready_at(db, hosts, now)
    on = (URLS, found[-1]) if len(found) == ROWS_AT_ONCE else None
    return Changed(Counter({"urls": came}), on)


def _mend(file: File, action: WakeHost, now: Seconds) -> Changed:
    db = file.db
    with file.locked():
        hosts = host_numbers(db, action.name.lower())
        note_change(db)
        mend(db, hosts, forced=action.force)
        update_ready_at(db, hosts, now)
    return Changed(Counter({"hosts": len(hosts)}), (URLS, 0))
