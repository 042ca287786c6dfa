"""What waits where: the hosts at which URLs wait, job by job, as far as a bound.

A few numbers of each host, found by indexes: so `status` says what a job waits for, and when it
will be done, on a ledger of any size.
"""

import json
from collections.abc import Mapping, Sequence

from crawler.frontier.answers import HostState
from crawler.frontier.hosts import Backlog, WaitsThere
from crawler.frontier.questions import BacklogOf
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.desk.host_tables import MAX_CHOSEN, chosen
from crawler.frontier.sql.states import RANKS, WAITING
from crawler.model import Seconds

MAX_URLS = 2000
"""URLs of a job on a host are counted so far."""
MAX_ROWS = 200_000
"""Rows of the index that are counted at all: a server takes less than 100 ms for them."""
HOSTS_AT_ONCE = 50
"""Hosts of which one statement counts: a server runs it to its end before it answers."""
_OF = f"FROM task WHERE host = host_job.host AND job = host_job.job AND state = {WAITING}"
_FIRST = " UNION ALL ".join(
    f"SELECT * FROM (SELECT due_at {_OF} AND rank = {rank} ORDER BY due_at LIMIT 1)"
    for rank in RANKS
)
_LOADS = f"""
SELECT host_job.host, name, per_host, (SELECT count(*) FROM (SELECT 1 {_OF} LIMIT {MAX_URLS})),
    (SELECT count(*) FROM (SELECT 1 {_OF} AND rank IN ({", ".join(map(str, RANKS))})
        AND due_at <= :now LIMIT {MAX_URLS})),
    (SELECT min(due_at) FROM ({_FIRST})), delay
FROM json_each(:hosts) AS wanted CROSS JOIN host_job ON host_job.host = wanted.value
CROSS JOIN job ON job.id = host_job.job AND job.active"""


def backlog(db: Connection, asked: BacklogOf) -> Backlog:
    """Return what waits at the hosts that are at work or next, as far as MAX_CHOSEN."""
    hosts = {one.id: one for one in chosen(db, "at_work", asked.now)}
    found = _counted(db, hosts, asked.now)
    whole = _rows_of(found) <= MAX_ROWS and all(one.urls < MAX_URLS for one in found)
    waits = [one for one in found if one.urls]
    return Backlog(waits, complete=whole and len(hosts) < MAX_CHOSEN)


def _counted(db: Connection, hosts: Mapping[int, HostState], now: Seconds) -> list[WaitsThere]:
    """Count at one host after the other, until MAX_ROWS were."""
    found: list[WaitsThere] = []
    numbers = list(hosts)
    for at in range(0, len(numbers), HOSTS_AT_ONCE):
        some = json.dumps(numbers[at : at + HOSTS_AT_ONCE])
        rows = db.execute(_LOADS, {"now": now, "hosts": some}).fetchall()
        found += [_waits(hosts[host], *row) for host, *row in rows]
        if _rows_of(found) > MAX_ROWS:
            break
    return found


def _rows_of(found: Sequence[WaitsThere]) -> int:
    return sum(one.urls + one.due for one in found)


def _waits(
    host: HostState, job: str, per_host: int, urls: int, due: int, first_at: float | None,
    delay: float,
) -> WaitsThere:  # fmt: skip
    return WaitsThere(host, job, per_host, urls, due, first_at or 0.0, delay)
