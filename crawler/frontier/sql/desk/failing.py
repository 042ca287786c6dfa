"""What the ledger tells of visits that failed, by host and cause."""

import json
from collections.abc import Collection

from crawler.frontier.hosts import FailureList, FailureSum
from crawler.frontier.questions import FailuresOf
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.desk.hosts import MAX_COUNTED, count
from crawler.frontier.sql.desk.selection import host_numbers
from crawler.frontier.sql.rows.course import STEPPED
from crawler.model import Seconds

_ROWS = f"""
SELECT host.key, cause, n, first_at + {STEPPED}, last_at + {STEPPED}, url, reason,
    iif(failing_since IS NULL, NULL, ifnull(first_failed_at, failing_since)) + {STEPPED},
    well_at + {STEPPED}
FROM {{failures}} CROSS JOIN host ON host.id = failure.host WHERE"""
_SINCE = f"last_at >= ? - {STEPPED}"
_NEWEST = f"{_ROWS.format(failures='failure')} {_SINCE} ORDER BY last_at DESC LIMIT ?"
_OF_HOSTS = (
    _ROWS.format(
        failures="json_each(?) AS wanted CROSS JOIN failure ON failure.host = wanted.value"
    )
    + f" {_SINCE} ORDER BY last_at DESC LIMIT ?"
)
_LAST = """
SELECT host, cause FROM (
    SELECT host, cause, row_number() OVER (PARTITION BY host ORDER BY last_at DESC) AS nth
    FROM json_each(?) AS wanted CROSS JOIN failure ON failure.host = wanted.value
) AS newest WHERE nth = 1"""


def failures_of(db: Connection, asked: FailuresOf) -> FailureList:
    """Return the newest failures, of all hosts or of those of a name."""
    if asked.host is not None:
        rows = of_hosts(db, host_numbers(db, asked.host.lower()), asked.since)
        return FailureList(rows[: asked.limit], max(0, len(rows) - asked.limit), at_least=False)
    found = db.execute(_NEWEST, (asked.since, asked.limit)).fetchall()
    known = count(db, f"SELECT 1 FROM failure WHERE {_SINCE}", asked.since)
    rows = [FailureSum(*row) for row in found]
    return FailureList(rows, known - len(rows), at_least=known >= MAX_COUNTED)


def of_hosts(db: Connection, hosts: Collection[int], since: Seconds = 0.0) -> list[FailureSum]:
    """Return all failures of a few hosts, the newest first."""
    rows = db.execute(_OF_HOSTS, (json.dumps(list(hosts)), since, MAX_COUNTED))
    return [FailureSum(*row) for row in rows]


def newest_of(db: Connection, hosts: Collection[int]) -> dict[int, FailureSum]:
    """Return the newest failure of each of these hosts that has one, by their numbers."""
    last = db.execute(_LAST, (json.dumps(list(hosts)),)).fetchall()
    one = f"{_ROWS.format(failures='failure')} failure.host = ? AND cause = ?"
    return {host: FailureSum(*db.execute(one, (host, cause)).fetchone()) for host, cause in last}
