"""Parked hosts: ready, but their address is crowded: hosts enough are held there.

What another process holds is crowded for this one. Where it holds ENOUGH itself, hosts at other
addresses go first: else one address with many names would keep all others waiting.

Parked hosts are out of the index of ready hosts, so that no lease looks at them again and again: a
hundred thousand names may lead to one address. Each lease brings some back whose address is free by
now, or the caller's; of several addresses those come first whose turn was longest ago.
"""

import json
from collections.abc import Sequence

from crawler.frontier.sql.connection import Connection, require_alone
from crawler.frontier.sql.procedures import Each, Procedure
from crawler.frontier.sql.rows.pauses import ALL_PAUSED
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
_OPEN = f"""
SELECT ip FROM address WHERE crowded IS NOT NULL AND owner IS {{owner}}
ORDER BY crowded LIMIT {_ADDRESSES // 2}"""
_OPEN_ONES = " UNION ALL ".join(
    f"SELECT ip FROM ({_OPEN.format(owner=who)}) AS open" for who in ("NULL", ":owner")
)
_BRING_BACK = """
UPDATE host SET parked = FALSE WHERE id IN (/* few */
    SELECT id FROM host WHERE parked AND address = :ip ORDER BY ready_at LIMIT :number)"""
_NOTE = """
UPDATE address SET crowded = CASE WHEN EXISTS (
    SELECT 1 FROM host WHERE parked AND address = ip) THEN :now END WHERE ip = :ip"""
OPEN = Procedure("open_address", "ip number now", _BRING_BACK, _NOTE)
BRING_BACK = Procedure(
    "bring_back",
    "owner number now",
    Each(
        OPEN,
        f"SELECT ip, max(1, :number / (SELECT count(*) FROM ({_OPEN_ONES}))), "
        f"CAST(:now AS REAL) FROM ({_OPEN_ONES}) AS open WHERE NOT ({ALL_PAUSED})",
    ),
)
"""Lets about `number` hosts be ready again whose address is free, or the owner's."""
ANY_OPEN = f"SELECT EXISTS ({_OPEN_ONES})"
"""Whether there are such hosts."""
_FIRST = """
SELECT (SELECT ready_at FROM host WHERE parked AND address = ip AND ready_at IS NOT NULL
    ORDER BY ready_at LIMIT 1) AS ready_at FROM ({})"""
FIRST = " UNION ALL ".join(_FIRST.format(_OPEN.format(owner=who)) for who in ("NULL", ":owner"))
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
        require_alone(db)
        numbers = json.dumps(hosts)
        db.execute(_PARK, (numbers,))
        db.execute(_CROWD, {"hosts": numbers, "now": now})
