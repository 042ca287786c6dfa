"""How many of the hosts a process may have beside others."""

from typing import Any

from crawler.frontier.classes import CLASSES
from crawler.frontier.sql.states import GUEST

_FREE_NOW = f"""
SELECT count(*) FROM ({
    " UNION ALL ".join(
        "SELECT * FROM (SELECT address FROM host WHERE owner IS NULL AND NOT parked "
        f"AND ready_at <= :now AND class = {weight} LIMIT (SELECT enough FROM bound))"
        for weight in CLASSES
    )
}) AS found LEFT JOIN address ON ip = found.address WHERE address.owner IS NULL"""
_ADDRESSES = "SELECT count(DISTINCT ifnull(address, CAST(id AS TEXT))) FROM host WHERE owner"
HOLDERS = f"""
WITH part AS MATERIALIZED (
    SELECT living, CASE WHEN living > 1 THEN ({_ADDRESSES} = :owner) END AS mine,
        CASE WHEN living > 1 THEN ({_ADDRESSES} IS NOT NULL) END AS owned
    FROM (SELECT count(*) AS living FROM process WHERE lease_until > :now AND state != '{GUEST}')),
bound AS MATERIALIZED (
    SELECT CASE WHEN living * (mine + :new) > owned THEN living * (mine + :new) - owned ELSE 0 END
        + 1 AS enough FROM part)
SELECT living, mine, owned, CASE WHEN living > 1 THEN ({_FREE_NOW}) END FROM part"""
"""Living processes; and if there are several, addresses of the owner, of all, and free ones.

Free ones are counted up to where more of them change nothing.
"""


def fair_share(holders: Any, new: int) -> int:
    """Return how many more hosts the owner may take; a negative number is to be given back.

    Alone it may take as many as it asks for. Among several it has its part of all hosts that are
    owned or free, rounded up; hosts at one address count as one. Hosts held beyond that are surplus
    only while no other host is free. `holders` is the row of HOLDERS.
    """
    living, mine, owned, free = holders
    if living <= 1:
        return new
    share = -(-(owned + free) // living) - mine
    return max(share, 0) if free else int(share)
