"""Parked hosts: ready, but at an address where another process holds hosts. In the native thread.

They are out of the index of ready hosts, so that no lease looks at them again and again: a hundred
thousand names may lead to one address. Each lease brings some back whose address is free by now, or
the caller's; of several addresses those come first whose turn was longest ago.
"""

import json
import sqlite3
from collections.abc import Sequence

from crawler.model import Seconds

BROUGHT_BACK = 64
"""Hosts that one lease brings back at the most."""
_ADDRESSES = 8
"""Addresses of which one lease brings hosts back."""

_PARK = "UPDATE host SET parked = 1 WHERE id IN (SELECT value FROM json_each(?))"
_CROWD = """
UPDATE address SET crowded = :now WHERE crowded IS NULL
AND ip IN (SELECT address FROM host WHERE id IN (SELECT value FROM json_each(:hosts)))"""
_OPEN = """
SELECT ip FROM address WHERE crowded IS NOT NULL AND owner IS {owner}
ORDER BY crowded LIMIT :limit"""
_BRING_BACK = """
UPDATE host SET parked = 0 WHERE id IN (
    SELECT id FROM host WHERE parked AND address = ? ORDER BY ready_at LIMIT ?)"""
_NOTE = "UPDATE address SET crowded = ? WHERE ip = ?"


def park(db: sqlite3.Connection, hosts: Sequence[int], now: Seconds) -> None:
    """Put hosts out of the way whose address another process has."""
    if hosts:
        numbers = json.dumps(hosts)
        db.execute(_PARK, (numbers,))
        db.execute(_CROWD, {"hosts": numbers, "now": now})


def bring_back(db: sqlite3.Connection, owner: int, now: Seconds) -> None:
    """Let hosts be ready again whose address is free, or the owner's."""
    found = [
        ip
        for who in ("NULL", ":owner")
        for (ip,) in db.execute(
            _OPEN.format(owner=who), {"owner": owner, "limit": _ADDRESSES // 2}
        ).fetchall()
    ]
    number = BROUGHT_BACK // max(1, len(found))
    for ip in found:
        back = db.execute(_BRING_BACK, (ip, number)).rowcount
        db.execute(_NOTE, (now if back == number else None, ip))
