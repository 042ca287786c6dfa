"""URLs that wait at a silent host, and whose bodies others hold: a slice of them is led on.

They are read in the order of the index of waiting tasks. The cursor is the last URL that was looked
at and stays: those that were led on have left the index. So each is looked at once, however many
stay. A cursor below 0 is a rank with its sign turned, of which nothing was looked at.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.slices import Slice
from crawler.frontier.sql.rows.visited import TASKS, columns
from crawler.frontier.sql.states import RANKS, WAITING
from crawler.frontier.work import LeadOn, Tidied
from crawler.policy.backoff import FAILURES_TO_REST
from crawler.policy.checksums import BOUND, MIRRORS, checks_of
from crawler.policy.mirrors import led_on
from crawler.urls import host_of

ROWS_AT_ONCE = 200
"""URLs that one transaction looks at, and leads on at the most."""
_SILENT = f"""
SELECT 1 FROM host WHERE {{which}} = ? AND silent AND failures >= {FAILURES_TO_REST}
AND failing_since IS NOT NULL"""
_PLACE = f"""
SELECT rank, due_at, id FROM task WHERE id = ? AND host = ? AND job = ? AND state = {WAITING}"""
_SLICE = f"""
SELECT {columns("id, due_at, url, extra, failures, part")} FROM {TASKS}
WHERE host = :host AND job = :job AND state = {WAITING} AND rank = :rank
    AND due_at >= CAST(:due_at AS REAL) AND (due_at > CAST(:due_at AS REAL) OR id > :id)
ORDER BY due_at, id LIMIT :rows"""
_LEAD = f"UPDATE task SET host = ?, failures = ?, due_at = ? WHERE id = ? AND state = {WAITING}"
_LOCATE = """
INSERT INTO visited (task, location) VALUES (?, ?)
ON CONFLICT (task) DO UPDATE SET location = excluded.location, hops = 0, cookies = NULL,
    host_asked = FALSE"""


def lead_on(one: Slice, work: LeadOn) -> Tidied[int]:
    """Lead a slice of URLs on; return how many there were."""
    job = one.names.job_id(one.db, work.job)
    if not one.db.execute(_SILENT.format(which="id"), (work.host,)).fetchone():
        return Tidied(0, None)
    rank, due = _due(one, work.host, job)
    led = _lead(one, job, due)
    if led:
        update_ready_at(one.db, {work.host, *led.values()}, one.now)
    return Tidied(len(led), _cursor(one, rank, [row[0] for row in due], led))


def _due(one: Slice, host: int, job: int) -> tuple[int, Sequence[tuple[Any, ...]]]:
    """Return the rows of a slice that are due, and their rank."""
    rank, due_at, number = _place(one, host, job)
    values = {
        "host": host, "job": job, "rank": rank, "due_at": due_at, "id": number,
        "rows": ROWS_AT_ONCE,
    }  # fmt: skip
    rows = one.db.execute(_SLICE, values).fetchall()
    return rank, [row for row in rows if row[1] <= one.now]


def _place(one: Slice, host: int, job: int) -> tuple[int, float, int]:
    """Return rank, due time and number of the URL after which a slice goes on.

    If that URL waits there no more, all are looked at once more.
    """
    if one.after > 0:
        row = one.db.execute(_PLACE, (one.after, host, job)).fetchone()
        return tuple(row) if row else (0, 0.0, 0)
    return (0 if one.first else -one.after), 0.0, 0


def _cursor(one: Slice, rank: int, due: Sequence[int], led: Collection[int]) -> int | None:
    """Return where the next slice goes on; after fewer than a slice of a rank nothing is due."""
    if len(due) < ROWS_AT_ONCE:
        return -(rank + 1) if rank < max(RANKS) else None
    return next((number for number in reversed(due) if number not in led), one.after)


def _lead(one: Slice, job: int, rows: Sequence[tuple[Any, ...]]) -> dict[int, int]:
    """Write where rows lead; return the hosts of those that lead on."""
    silence = _Silence(one.db)
    found = {row[0]: there for row in rows if (there := _next(row, silence))}
    keys = sorted({host_of(location) for location, _ in found.values()})
    hosts = {key: one.names.host_id(one.db, key, job) for key in keys}
    led = {number: hosts[host_of(location)] for number, (location, _) in found.items()}
    leads = [(led[number], failures, one.now, number) for number, (_, failures) in found.items()]
    one.db.executemany(_LEAD, leads)
    one.db.executemany(_LOCATE, [(number, location) for number, (location, _) in found.items()])
    return led


def _next(row: tuple[Any, ...], silence: "_Silence") -> tuple[str, int] | None:
    """Return where a row leads, with its failures; a part that no digest proves is no other's."""
    *_, url, extra, failures, part = row
    checks = json.loads(extra).get(BOUND, "") if extra and MIRRORS in extra else ""
    if not checks or (part and not checks_of(checks).digests):
        return None
    return led_on(url, checks, failures, silence.has)


class _Silence:
    """Which hosts are silent, as far as anybody asked."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._known: dict[str, bool] = {}

    def has(self, key: str) -> bool:
        """Tell whether a host is silent, by name:port."""
        if key not in self._known:
            row = self._db.execute(_SILENT.format(which="key"), (key,)).fetchone()
            self._known[key] = row is not None
        return self._known[key]
