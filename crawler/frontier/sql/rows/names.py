"""Numbers of jobs and hosts by name.

A host that is new gets its bucket, and what the configuration says of its robots.txt.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping

from crawler.frontier.sql.connection import Connection
from crawler.policy.credentials import host_patterns
from crawler.urls import bucket_of

_ADD = "INSERT OR IGNORE INTO host (key, bucket, obeys) VALUES (:key, :bucket, :obeys)"
_LIST = """
INSERT OR IGNORE INTO host_job (host, job, served)
SELECT :host, :job, ifnull((SELECT min(served) FROM host_job WHERE host = :host), 0.0)"""
_USE = "INSERT OR IGNORE INTO used SELECT marking, :host FROM ledger WHERE marking > 0"
_MAX_NAMES = 50_000
"""Hosts whose numbers are remembered."""


class Names:
    """Numbers of jobs and hosts by name, remembered between transactions."""

    def __init__(self) -> None:
        self._jobs: dict[str, int] = {}
        self._job_names: dict[int, str] = {}
        self._hosts: dict[int, dict[str, int]] = defaultdict(dict)
        """By the job that is listed there, and key."""
        self._forgotten = -1
        """`ledger.forgotten` as it was when these hosts were known."""
        self.uncounted = 1 << 62
        """URLs that became known since `merging.make_room` counted those that wait."""

    def job_id(self, db: Connection, name: str) -> int:
        """Return the number of a job; a job that is not known gets one."""
        if name not in self._jobs:
            db.execute("INSERT OR IGNORE INTO job (name) VALUES (?)", (name,))
            (self._jobs[name],) = db.execute(
                "SELECT id FROM job WHERE name = ?", (name,)
            ).fetchone()
        return self._jobs[name]

    def job_name(self, db: Connection, number: int) -> str:
        """Return a job's name."""
        if number not in self._job_names:
            (name,) = db.execute("SELECT name FROM job WHERE id = ?", (number,)).fetchone()
            self._jobs[name], self._job_names[number] = number, name
        return self._job_names[number]

    def host_id(self, db: Connection, key: str, job: int) -> int:
        """Return the number of a host for a URL, and list the job among those that visit it."""
        self.check(db)
        number = self._hosts[job].get(key) or self._host_id(db, key, job)
        db.execute(_USE, {"host": number})
        return number

    def _host_id(self, db: Connection, key: str, job: int) -> int:
        values = {"key": key, "bucket": bucket_of(key), "obeys": is_obeyed(obeys_of(db), key)}
        db.execute(_ADD, values)
        (number,) = db.execute("SELECT id FROM host WHERE key = ?", (key,)).fetchone()
        db.execute(_LIST, {"host": number, "job": job})
        self._remember(job, [(key, number)])
        return int(number)

    def check(self, db: Connection) -> bool:
        """See that the remembered hosts are known still; tell whether none was forgotten."""
        (forgotten,) = db.execute("SELECT forgotten FROM ledger").fetchone()
        if forgotten == self._forgotten:
            return True
        self._hosts.clear()
        self._forgotten = forgotten
        return False

    def known_hosts(self, job: str) -> Mapping[str, int]:
        """Return the numbers that are remembered of hosts where the job is listed, by key."""
        return self._hosts[self._jobs[job]] if job in self._jobs else {}

    def remember(self, job: str, hosts: Iterable[tuple[str, int]]) -> None:
        """Remember the numbers of hosts, by key, where a job is listed."""
        if number := self._jobs.get(job):
            self._remember(number, hosts)

    def _remember(self, job: int, hosts: Iterable[tuple[str, int]]) -> None:
        if sum(map(len, self._hosts.values())) >= _MAX_NAMES:
            self._hosts.clear()
        self._hosts[job].update(hosts)

    def forget(self) -> None:
        """Forget everything: a transaction that was rolled back may have taken the numbers back."""
        self._jobs.clear()
        self._job_names.clear()
        self._hosts.clear()


def obeys_of(db: Connection) -> dict[str, bool | None]:
    """Return what the configuration says under `hosts` of robots.txt, by pattern."""
    (text,) = db.execute("SELECT obeys FROM ledger").fetchone()
    found: dict[str, bool | None] = json.loads(text)
    return found


def is_obeyed(said: Mapping[str, bool | None], key: str) -> bool | None:
    """Return what the most specific pattern says of a host; None where each job decides."""
    if not said:
        return None
    return next((said[one] for one in host_patterns(key) if one in said), None)
