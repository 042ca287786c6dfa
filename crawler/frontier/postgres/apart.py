"""What keeps leases apart that run beside each other.

Each takes addresses before hosts, those that it has to have in order, and of all others only what
nobody else has at the moment: so none waits for another that waits for it. It has to have those
where its hosts are, which they may leave, and those where they were found.
"""

_FOUND = "SELECT address FROM owed WHERE NOT leaves AND address IS NOT NULL"
_LEFT = """
SELECT address FROM host WHERE id IN (/* few */ SELECT id FROM owed) AND address IS NOT NULL"""
_NEW = "SELECT host FROM wanted WHERE new"
_TAKEN = f"SELECT address FROM host WHERE id IN (/* few */ {_NEW}) AND address IS NOT NULL"
_FREE = f"""
SELECT ip FROM (
    SELECT ip, owner FROM address WHERE ip IN (/* few */ {_TAKEN}) FOR NO KEY UPDATE SKIP LOCKED
) AS free WHERE owner IS NULL OR owner = :owner"""


def _known(addresses: str) -> str:
    """Return what makes rows of addresses that have none: a row is what is locked."""
    return f"""
INSERT INTO address (ip) SELECT DISTINCT found.address FROM ({addresses}) AS found
WHERE NOT EXISTS (/* each */ SELECT 1 FROM address WHERE ip = found.address)
ORDER BY 1 ON CONFLICT DO NOTHING"""


APART = {
    "found_addresses": (
        _known(_FOUND),
        f"""
PERFORM 1 FROM address WHERE ip IN (/* few */ {_FOUND} UNION {_LEFT})
ORDER BY ip FOR NO KEY UPDATE""",
    ),
    "taken_addresses": (
        _known(_TAKEN),
        f"""
DELETE FROM wanted WHERE new AND host IN (/* few */
    SELECT id FROM host WHERE id IN (/* few */ {_NEW}) AND address IS NOT NULL
    AND NOT address IN (/* few */ {_FREE}))""",
    ),
}
"""Statements by the name of their place."""
