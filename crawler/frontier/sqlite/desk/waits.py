"""What the hosts wait for at which URLs wait, as `crawler fetch` asks before it waits with them."""

import json
from collections.abc import Iterator, Sequence

from crawler.frontier.sqlite.file.statefile import Connection
from crawler.model import Seconds
from crawler.policy.patience import Waiting

_VISITING = "FROM listing JOIN job ON job.id = listing.job AND active WHERE listing.host = host.id"
_WAITS = f"""
SELECT id, key, (SELECT ifnull(max(delay), 0.0) {_VISITING}), host.crawl_delay,
    max(next_at, answered_at + host.crawl_delay), put_off_until, host.failing_since,
    ifnull(rules.refresh_at, 0.0), rules.failing_since, ifnull(rules.reason, '')
FROM host LEFT JOIN robots AS rules ON origin = (
    SELECT origin FROM robots WHERE origin IN ('http://' || key, 'https://' || key)
    AND failures > 0 AND rules_until <= :now AND EXISTS (SELECT 1 {_VISITING} AND obeys)
    ORDER BY robots.refresh_at DESC LIMIT 1)
WHERE"""


def owns_nothing(db: Connection) -> bool:
    """Tell whether no process has a host, so that what the ledger says of them is the newest."""
    return db.execute("SELECT 1 FROM host WHERE owner IS NOT NULL LIMIT 1").fetchone() is None


def waits(db: Connection, now: Seconds) -> Iterator[Waiting]:
    """Yield the hosts at which something waits."""
    for row in db.execute(f"{_WAITS} ready_at IS NOT NULL", {"now": now}):
        yield Waiting(*row)


def waits_at(db: Connection, hosts: Sequence[int], now: Seconds) -> dict[int, Waiting]:
    """Return hosts by their numbers."""
    values = {"now": now, "hosts": json.dumps(hosts)}
    rows = db.execute(f"{_WAITS} id IN (SELECT value FROM json_each(:hosts))", values)
    return {row[0]: Waiting(*row) for row in rows}
