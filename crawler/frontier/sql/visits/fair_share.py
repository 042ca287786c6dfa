"""How many of the hosts a process may have beside others.

Hosts at one address count as one. Where files lie in several stores, a process shares the hosts of
its own store with the processes that live there, so that none of these waits for a machine that is
to leave it alone; all others it shares with everybody. A machine that has more than its part gives
a few hosts at a time a new home with another.
"""

from typing import Any

from crawler.frontier.classes import CLASSES
from crawler.frontier.sql.states import GUEST, PAUSED
from crawler.frontier.sql.visits.homes import OWN
from crawler.value import value

MOVES_OF = 32
"""A process gives one of so many hosts a new home at a time: that costs each a full visit."""


def _free(condition: str) -> str:
    """Return a count of ready hosts at addresses that no process has, up to `bound`."""
    of_classes = " UNION ALL ".join(
        "SELECT * FROM (SELECT address FROM host WHERE owner IS NULL AND NOT parked "
        f"AND ready_at <= :now AND class = {weight}{condition} LIMIT (SELECT enough FROM bound))"
        for weight in CLASSES
    )
    return f"""
SELECT count(*) FROM ({of_classes}) AS found
LEFT JOIN address ON ip = found.address WHERE address.owner IS NULL"""


_ADDRESSES = "SELECT count(DISTINCT ifnull(address, CAST(id AS TEXT))) FROM host WHERE owner"
_HERE = "IN (/* few */ SELECT id FROM process WHERE process.store IN (0, :store))"
HOLDERS = f"""
WITH part AS MATERIALIZED (
    SELECT living, here, CASE WHEN living > 1 THEN ({_ADDRESSES} = :owner) END AS mine,
        CASE WHEN living > 1 THEN ({_ADDRESSES} IS NOT NULL) END AS owned
    FROM (SELECT count(*) AS living, sum(CASE WHEN store IN (0, :store) THEN 1 ELSE 0 END) AS here
        FROM process WHERE lease_until > :now
        AND (id = :owner OR state NOT IN ('{GUEST}', '{PAUSED}'))) AS living),
bound AS MATERIALIZED (
    SELECT CASE WHEN living * (mine + :new) > owned THEN living * (mine + :new) - owned ELSE 0 END
        + 1 AS enough FROM part)
SELECT living, mine, owned, CASE WHEN living > 1 THEN ({_free("")}) END,
    here, CASE WHEN here < living THEN ({_ADDRESSES} {_HERE}) END,
    CASE WHEN here < living THEN ({_free(f" AND {OWN}")}) END FROM part"""
"""Living processes; and if there are several, addresses of the owner, of all, and free ones.

One that is paused takes nothing, so it has no part, and what would be its own waits for nobody.

Then the same of the own store, where not all live there: processes, addresses, and free ones. A
process that has not said yet where it stores counts as one of them. Free ones are counted up to
where more of them change nothing.
"""


@value
class Share:
    """How many more hosts a process may have."""

    own: int
    """Of its store, among those who live there; below 0, it has more than its part."""
    all: int
    """Of all hosts, among everybody."""
    surplus: int = 0
    """Hosts that it is to give back, for other processes lack some."""
    moving: int = 0
    """Hosts that it is to give back to whoever takes them, wherever that one stores."""

    def allows(self, number: int, *, own: bool) -> bool:
        """Tell whether it may have one more host, after so many."""
        return number < (self.own if own else self.all)


def fair_share(holders: Any, new: int) -> Share:
    """Return what a process may have; `holders` is the row of HOLDERS.

    Alone it may take as many as it asks for. Among several it has its part of all hosts that are
    owned or free, rounded up. What it holds beyond that is surplus only while no other is free.
    """
    living, mine, owned, free, here, owned_here, free_here = holders
    if living <= 1:
        return Share(new, new)
    part = _part(living, owned, free, mine)
    if owned_here is None:
        return Share(part, part, surplus=0 if free else max(0, -part))
    own = _part(here, owned_here, free_here, mine)
    surplus = 0 if free_here else max(0, -own)
    moving = 0 if free or surplus else min(max(0, -part), mine // MOVES_OF)
    return Share(own, part, surplus, moving)


def _part(processes: int, owned: int, free: int, mine: int) -> int:
    return int(-(-(owned + free) // max(1, processes)) - mine)
