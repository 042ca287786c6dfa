"""How many of the hosts a process may have beside others."""

from crawler.frontier.classes import CLASSES
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.states import GUEST
from crawler.model import Seconds

_FREE_NOW = f"""
SELECT count(*) FROM ({
    " UNION ALL ".join(
        "SELECT * FROM (SELECT address FROM host WHERE owner IS NULL AND NOT parked "
        f"AND ready_at <= :now AND class = {weight} LIMIT :limit)"
        for weight in CLASSES
    )
}) AS found LEFT JOIN address ON ip = found.address WHERE address.owner IS NULL"""
_LIVING = f"SELECT count(*) FROM process WHERE lease_until > ? AND state != '{GUEST}'"
_ADDRESSES = "SELECT count(DISTINCT ifnull(address, CAST(id AS TEXT))) FROM host WHERE owner"


def fair_share(db: Connection, owner: int, now: Seconds, new: int) -> int:
    """Return how many more hosts the owner may take; a negative number is to be given back.

    Alone it may take as many as it asks for. Among several it has its part of all hosts that are
    owned or free, rounded up; hosts at one address count as one. Hosts held beyond that are surplus
    only while no other host is free.
    """
    (living,) = db.execute(_LIVING, (now,)).fetchone()
    if living <= 1:
        return new
    (mine,) = db.execute(f"{_ADDRESSES} = ?", (owner,)).fetchone()
    (owned,) = db.execute(f"{_ADDRESSES} IS NOT NULL").fetchone()
    limit = max(0, living * (mine + new) - owned) + 1  # more of them change nothing
    (free,) = db.execute(_FREE_NOW, {"now": now, "limit": limit}).fetchone()
    share = -(-(owned + free) // living) - mine
    return max(share, 0) if free else int(share)
