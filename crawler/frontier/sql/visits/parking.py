"""Parked hosts: ready, but their address is crowded: hosts enough are held there.

What another process holds is crowded for this one. Where it holds ENOUGH itself, hosts at other
addresses go first: else one address with many names would keep all others waiting.

Parked hosts are out of the index of ready hosts, so that no lease looks at them again and again: a
hundred thousand names may lead to one address. Each lease brings some back whose address is free by
now, or the caller's; of several addresses those come first whose turn was longest ago.
"""

import json
from collections.abc import Sequence

from crawler.frontier.sql.connection import Connection
from crawler.model import Seconds

BROUGHT_BACK = 64
"""Hosts that one lease brings back at the most."""
_ADDRESSES = 8
"""Addresses of which one lease brings hosts back."""
ENOUGH = 8
"""Hosts that a process holds at one address before hosts at other addresses go first."""

_PARK = "UPDATE host SET parked = TRUE WHERE id IN (SELECT value FROM json_each(?))"
_CROWD = """
UPDATE address SET crowded = :now WHERE crowded IS NULL
AND ip IN (SELECT address FROM host WHERE id IN (SELECT value FROM json_each(:hosts)))"""
_OPEN = """
SELECT ip FROM address WHERE crowded IS NOT NULL AND owner IS {owner}
ORDER BY crowded LIMIT :limit"""
_BRING_BACK = """
UPDATE host SET parked = FALSE WHERE id IN (
    SELECT id FROM host WHERE parked AND address = ? ORDER BY ready_at LIMIT ?)"""
_NOTE = "UPDATE address SET crowded = ? WHERE ip = ?"
_FIRST = """
SELECT (SELECT ready_at FROM host WHERE parked AND address = ip AND ready_at IS NOT NULL
    ORDER BY ready_at LIMIT 1) AS ready_at FROM ({})"""
FIRST = " UNION ALL ".join(
    _FIRST.format(_OPEN.format(owner=who).replace(":limit", str(_ADDRESSES // 2)))
    for who in ("NULL", ":owner")
)
"""Selects when parked hosts are ready that the next leases of `:owner` bring back."""
_HELD = f"""
SELECT value, (SELECT count(*) FROM (
    SELECT 1 FROM host WHERE address = value AND owner IS NOT NULL LIMIT {ENOUGH}) AS least)
FROM json_each(/* texts */ ?)"""


class Crowd:
    """How many hosts a process has at each address, with those that it might take now."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._hosts: dict[str, int] = {}

    def count(self, addresses: set[str]) -> None:
        """Count the hosts at addresses of the process; at all others it has none."""
        new = addresses - self._hosts.keys()
        if new:
            self._hosts |= dict(self._db.execute(_HELD, (json.dumps(list(new)),)).fetchall())

    def level(self, address: str | None) -> int:
        """Return how many hosts there are at an address, or ENOUGH, and count one more."""
        if address is None:
            return 0
        level = self._hosts.get(address, 0)
        self._hosts[address] = level + 1
        return min(level, ENOUGH)


def park(db: Connection, hosts: Sequence[int], now: Seconds) -> None:
    """Put hosts out of the way whose address is crowded."""
    if hosts:
        numbers = json.dumps(hosts)
        db.execute(_PARK, (numbers,))
        db.execute(_CROWD, {"hosts": numbers, "now": now})


def bring_back(db: Connection, owner: int, now: Seconds, new: int) -> None:
    """Let about `new` hosts be ready again whose address is free, or the owner's."""
    found = [
        ip
        for who in ("NULL", ":owner")
        for (ip,) in db.execute(
            _OPEN.format(owner=who), {"owner": owner, "limit": _ADDRESSES // 2}
        ).fetchall()
    ]
    number = max(1, min(BROUGHT_BACK, new) // max(1, len(found)))
    for ip in found:
        back = db.execute(_BRING_BACK, (ip, number)).rowcount
        db.execute(_NOTE, (now if back == number else None, ip))
