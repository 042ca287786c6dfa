"""Numbers of jobs and hosts by name. Runs in the native thread.

A host that is new gets its bucket, and what the configuration says of its robots.txt.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping

from crawler.policy.credentials import host_patterns
from crawler.urls import bucket_of

_ADD = """
INSERT OR IGNORE INTO host (key, bucket, obeys)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
FROM json_each(:hosts)"""
_LIST = """
INSERT OR IGNORE INTO host_job (host, job, served)
SELECT host.id, :job, ifnull((SELECT min(served) FROM host_job WHERE host = host.id), 0.0)
FROM json_each(:keys) CROSS JOIN host ON host.key = value"""
_NUMBERS = """
SELECT json_group_object(host.key, host.id)
FROM json_each(:keys) CROSS JOIN host ON host.key = value"""
_MAX_NAMES = 50_000
"""Hosts whose numbers are remembered."""


class Names:
    """Numbers of jobs and hosts by name, remembered between transactions."""

    def __init__(self) -> None:
        self._jobs: dict[str, int] = {}
        self._hosts: dict[tuple[str, int], int] = {}
        self.uncounted = 1 << 62
        """URLs that became known since `fingerprints.move` counted those that wait."""

    def job_id(self, db: sqlite3.Connection, name: str) -> int:
        """Return the number of a job; a job that is not known gets one."""
        if name not in self._jobs:
            db.execute("INSERT OR IGNORE INTO job (name) VALUES (?)", (name,))
            (self._jobs[name],) = db.execute(
                "SELECT id FROM job WHERE name = ?", (name,)
            ).fetchone()
        return self._jobs[name]

    def job_name(self, db: sqlite3.Connection, number: int) -> str:
        """Return a job's name."""
        for name, known in self._jobs.items():
            if known == number:
                return name
        (name,) = db.execute("SELECT name FROM job WHERE id = ?", (number,)).fetchone()
        self._jobs[name] = number
        return str(name)

    def host_id(self, db: sqlite3.Connection, key: str, job: int) -> int:
        """Return the number of a host, and list the job among those that visit it."""
        return self._hosts.get((key, job)) or self.host_ids(db, [key], job)[key]

    def host_ids(self, db: sqlite3.Connection, keys: Iterable[str], job: int) -> dict[str, int]:
        """Return the numbers of hosts by key, and list the job among those that visit them."""
        found = {key: self._hosts.get((key, job), 0) for key in keys}
        missing = [key for key, number in found.items() if not number]
        if missing:
            hosts = {"keys": json.dumps(missing), "job": job}
            said = obeys_of(db)
            rows = [(key, bucket_of(key), is_obeyed(said, key)) for key in missing]
            db.execute(_ADD, {"hosts": json.dumps(rows)})
            db.execute(_LIST, hosts)
            (numbers,) = db.execute(_NUMBERS, hosts).fetchone()
            found |= (learned := json.loads(numbers))
            if len(self._hosts) >= _MAX_NAMES:
                self._hosts.clear()
            self._hosts |= {(key, job): number for key, number in learned.items()}
        return found

    def forget(self) -> None:
        """Forget everything: a transaction that was rolled back may have taken the numbers back."""
        self._jobs.clear()
        self._hosts.clear()


def obeys_of(db: sqlite3.Connection) -> dict[str, bool | None]:
    """Return what the configuration says under `hosts` of robots.txt, by pattern."""
    (text,) = db.execute("SELECT obeys FROM ledger").fetchone()
    found: dict[str, bool | None] = json.loads(text)
    return found


def is_obeyed(said: Mapping[str, bool | None], key: str) -> bool | None:
    """Return what the most specific pattern says of a host; None where each job decides."""
    if not said:
        return None
    return next((said[one] for one in host_patterns(key) if one in said), None)
