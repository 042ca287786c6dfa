"""Homes of hosts: the store of a host's last visit, where most of its files lie.

A ledger of one store knows no homes: all hosts are of the store 0, and any process may take them.
Of several stores a process takes hosts of its own and of none first, and of those whose store no
living process has. A foreign host, of a store that somebody lives in, is left alone for a while,
for elsewhere its visits are full ones; but not where those who live there have no room: they visit
more hosts by turns than they can have at once, so that none is ready for long.
"""

from crawler.frontier.classes import CLASSES
from crawler.frontier.values import FOREIGN_S
from crawler.model import Seconds

_LOOKED_AT = 64
"""Hosts of a class that are looked at for the next one that is no foreign one."""
_SOON_S: Seconds = 1.0
"""Time after which that many others are looked at."""

FOREIGN = """
(host.store NOT IN (0, :store) AND host.store IN (
    SELECT process.store FROM process WHERE lease_until >= :now AND NOT no_room))"""
"""Condition on a host, at `:now`: it is foreign to a process that stores in `:store`."""
OPEN = f"(ready_at <= :now - {FOREIGN_S} OR NOT {FOREIGN})"
"""Condition on a ready host: that process may take it."""
OWN = "host.store = :store AND host.store > 0"
"""Condition on a host: it is of that store."""

_WAITS = "owner IS NULL AND NOT parked AND ready_at IS NOT NULL"
_FIRST_OWN = f"SELECT ready_at FROM host WHERE {OWN} AND class = {{}} AND {_WAITS}"
_FIRST = f"""
SELECT CASE WHEN count(*) < {_LOOKED_AT} THEN min(at)
    ELSE min(min(at), max(max(ready_at), :now + {_SOON_S})) END AS ready_at
FROM (SELECT ready_at, CASE WHEN {FOREIGN} THEN ready_at + {FOREIGN_S} ELSE ready_at END AS at
    FROM host WHERE class = {{}} AND {_WAITS} ORDER BY ready_at LIMIT (
        SELECT CASE WHEN EXISTS (SELECT 1 FROM store WHERE store.id > 1)
            THEN {_LOOKED_AT} ELSE 1 END)) AS first"""
NEXT = " UNION ALL ".join(
    f"SELECT * FROM ({_FIRST_OWN.format(weight)} ORDER BY ready_at LIMIT 1) "
    f"UNION ALL SELECT * FROM ({_FIRST.format(weight)})"
    for weight in CLASSES
)
"""Selects when hosts are ready that such a process may take next, or that it is to look again."""
