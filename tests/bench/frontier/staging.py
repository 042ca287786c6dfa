"""States of a ledger that a case begins with, made at once: a crawl would take days."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from crawler.model import DAY_S

NO_ADDRESS = "DELETE FROM address"
RESTING = """
UPDATE host SET owner = NULL, next_at = :now + 3600, ready_at = :now + 3600,
    put_off_until = :now + 3600, opens_at = 0, address = NULL, spent = 0, parked = 0,
    asked_until = 0"""
READY = "UPDATE host SET next_at = 0, put_off_until = 0, ready_at = :now - 1"
AT_ONE_ADDRESS = """
UPDATE host SET next_at = 0, put_off_until = 0, ready_at = :now - 1, address = '192.0.2.1'
WHERE id <= :most"""
ASKED = "UPDATE host SET asked_until = :now + 60, ready_at = :now + 60"
CLOSED = """
UPDATE host SET next_at = 0, put_off_until = 0, answered_at = :now - 9, spent = 1, day = :day,
    opens_at = (:day + 1) * 86400.0, ready_at = (:day + 1) * 86400.0 WHERE id <= :most"""
ENDED = """
UPDATE task SET state = 2, ended = 'stored', finished_at = :now - 9, path = 'list/' || id,
    digest = zeroblob(32) WHERE job = (SELECT id FROM job WHERE name = 'list') AND state != 1"""
VISITED = """
INSERT OR IGNORE INTO visited (task, kind, status, size)
SELECT id, 'stored', 200, 1 FROM task WHERE state = 2"""
SUMS = """
INSERT INTO tally SELECT job, ended, count(*) FROM task WHERE ended IS NOT NULL AND job != 0
GROUP BY job, ended ON CONFLICT DO UPDATE SET n = excluded.n"""
AHEAD = "UPDATE task SET finished_at = :now + 864000"
HOSTS = "SELECT count(*) FROM host"


def stage(state: Path, *statements: str, most: int = 1 << 62) -> int:
    """Bring a ledger into a state, `most` hosts at the most; return how many hosts there are."""
    now = time.time()
    values = {"now": now, "most": most, "day": int(now // DAY_S)}
    with closing(sqlite3.connect(state, isolation_level=None, timeout=60)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN IMMEDIATE")
        for statement in statements:
            db.execute(statement, values)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(db.execute(HOSTS).fetchone()[0])
