"""What the hosts wait for at which URLs wait, as `crawler fetch` asks before it waits with them."""

import json

from crawler.frontier.answers import Page
from crawler.frontier.queries import Waits
from crawler.frontier.questions import WaitsAt
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.course import STEPPED
from crawler.policy.patience import Waiting

_VISITING = """
FROM host_job JOIN job ON job.id = host_job.job AND active WHERE host_job.host = host.id"""
_WAITS = f"""
SELECT id, key, (SELECT ifnull(max(delay), 0.0) {_VISITING}), host.crawl_delay,
    max(next_at, answered_at + {STEPPED} + host.crawl_delay), put_off_until + {STEPPED},
    host.failing_since + {STEPPED},
    ifnull(rules.refresh_at, 0.0), rules.failing_since, ifnull(rules.reason, '')
FROM host LEFT JOIN robots AS rules ON origin = (
    SELECT origin FROM robots WHERE origin IN ('http://' || key, 'https://' || key)
    AND failures > 0 AND rules_until <= :now AND EXISTS (SELECT 1 {_VISITING} AND obeys)
    ORDER BY robots.refresh_at DESC LIMIT 1)
WHERE"""
PAGE_ROWS = 1000
"""Hosts that one statement looks through."""
_LAST = f"SELECT max(id), count(*) FROM (SELECT id FROM host WHERE id > ? LIMIT {PAGE_ROWS})"


def waits(db: Connection, asked: Waits, after: int) -> Page[Waiting]:
    """Return the hosts of a page at which something waits."""
    last, found = db.execute(_LAST, (after,)).fetchone()
    values = {"now": asked.now, "after": after, "last": last}
    rows = db.execute(f"{_WAITS} ready_at IS NOT NULL AND id > :after AND id <= :last", values)
    return Page([Waiting(*row) for row in rows], last if found == PAGE_ROWS else None)


def waits_at(db: Connection, asked: WaitsAt) -> list[Waiting]:
    """Return hosts by their numbers."""
    values = {"now": asked.now, "hosts": json.dumps(list(asked.hosts))}
    rows = db.execute(f"{_WAITS} id IN (SELECT value FROM json_each(:hosts))", values)
    return [Waiting(*row) for row in rows]
