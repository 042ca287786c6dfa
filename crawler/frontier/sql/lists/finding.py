"""Which staged URLs are known.

They are looked for before the file's lock is taken, for a long index is on the disk. What was found
then is right later unless a URL has come or has lost its fingerprint meanwhile.
"""

from collections.abc import Mapping
from typing import NamedTuple

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.file import Transactions
from crawler.frontier.sql.rows.fingerprints import TASK_OF

SEEDS = "nth >= :first AND nth < :end"
"""Condition on the staged URLs of a batch."""
TASK = TASK_OF.replace("?", "seed.fingerprint")
_FIND = f"UPDATE temp.seed SET task = {TASK}"
_FOUND = f"SELECT count(*) FROM temp.seed WHERE {SEEDS} AND task IS NOT NULL"
_SIGHT = "SELECT (SELECT ifnull(max(id), 0) FROM task), unlearned FROM ledger"
_CAME = """
SELECT EXISTS (SELECT 1 FROM task WHERE id > ? AND (fingerprint IN (
    SELECT fingerprint FROM temp.seed)) IS TRUE)"""
"""Whether a staged URL has come. By the last words a server hashes them, and compares no pairs."""


class Sight(NamedTuple):
    """The ledger as it was when all staged URLs were looked for."""

    last: int
    """The greatest number of a URL; later ones have greater numbers."""
    unlearned: int


def look(file: Transactions) -> Sight:
    """Look for all staged URLs, in a transaction that only reads."""
    with file.locked(write=False):
        sight = Sight(*file.db.execute(_SIGHT).fetchone())
        file.db.execute(_FIND)
    return sight


def find(db: Connection, places: Mapping[str, float], sight: Sight | None) -> int:
    """See that the staged URLs of a batch are found; return how many are known.

    `sight` is that of a verb with one batch; without it they are looked for now.
    """
    if sight is None or not _holds(db, sight):
        db.execute(f"{_FIND} WHERE {SEEDS}", places)
    return int(db.execute(_FOUND, places).fetchone()[0])


def _holds(db: Connection, sight: Sight) -> bool:
    _, unlearned = db.execute(_SIGHT).fetchone()
    return bool(unlearned == sight.unlearned) and not db.execute(_CAME, sight[:1]).fetchone()[0]
