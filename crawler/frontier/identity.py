"""What tells a ledger from every other one. Runs in the native thread."""

import sqlite3

_IDENTIFY = """
UPDATE ledger SET uid = CASE WHEN :known = '' THEN lower(hex(randomblob(16))) ELSE :known END
WHERE uid = ''"""


def identify(db: sqlite3.Connection, known: str) -> str:
    """Return the ledger's id; one that has none yet gets `known`, or a new one where that is ''."""
    db.execute(_IDENTIFY, {"known": known})
    (uid,) = db.execute("SELECT uid FROM ledger").fetchone()
    return str(uid)
