"""Samples of how the crawler is: the living process with the lowest number takes them.

A step has a ring of slots, and a sample takes that of its time: so their number is bounded, and
none has to be removed.
"""

import json
from collections import Counter

from crawler.frontier.metrics import BYTES, VISITS
from crawler.frontier.sql.connection import Connection, Cursor
from crawler.frontier.sql.states import GUEST, ROBOTS_JOB
from crawler.frontier.sql.visits.counting import summed
from crawler.model import Seconds

SLOTS = {10: 361, 600: 1009}
"""Slots of the ring of each step in seconds: an hour, and a week, and one to begin with."""
FINE, COARSE = SLOTS
_LIVING = f"FROM process WHERE lease_until >= ? AND state != '{GUEST}'"
_TAKEN = f"""
SELECT (SELECT min(id) {_LIVING}), (SELECT at FROM sample WHERE step = {FINE} AND slot = ?),
    (SELECT at FROM sample WHERE step = {COARSE} AND slot = ?)"""
_PROCESSES = f"""
SELECT count(*), CAST(ifnull(sum(busy), 0) AS INTEGER), ifnull(max(lag), 0) {_LIVING}"""
_WAITING = f"""
SELECT CAST(ifnull(sum(CASE WHEN kind IN ('', '+') THEN n ELSE -n END), 0) AS INTEGER) FROM tally
WHERE job IN (SELECT id FROM job WHERE active AND id != {ROBOTS_JOB})"""
_COUNTED = f"""
SELECT metric, label, sum(n) FROM counter WHERE metric IN ('{VISITS}', '{BYTES}')
GROUP BY metric, label"""
_LAG = f"SELECT ifnull(max(lag), 0) FROM sample WHERE step = {FINE} AND at > ?"
_TAKE = """
INSERT INTO sample (step, slot, at, processes, in_flight, waiting, lag, bytes, visits)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (step, slot) DO UPDATE SET
at = excluded.at, processes = excluded.processes, in_flight = excluded.in_flight,
waiting = excluded.waiting, lag = excluded.lag, bytes = excluded.bytes, visits = excluded.visits"""


def ask_taken(db: Connection, now: Seconds) -> Cursor:
    """Ask who takes the samples, and whether those of now are there; `take` gets the answer."""
    return db.execute(_TAKEN, (now, _slot(FINE, now), _slot(COARSE, now)))


def take(db: Connection, owner: int, asked: Cursor, now: Seconds) -> None:
    """Take the samples that are due, where it is on this process to do so."""
    lowest, *taken = asked.fetchone()
    due = [
        step
        for step, at in zip(SLOTS, taken, strict=True)
        if at is None or at // step != now // step
    ]
    if owner == lowest and due:
        _take(db, due, now)


def _slot(step: int, now: Seconds) -> int:
    return int(now // step) % SLOTS[step]


def _take(db: Connection, due: list[int], now: Seconds) -> None:
    processes, waiting = db.execute(_PROCESSES, (now,)), db.execute(_WAITING)
    before, told = db.execute(_COUNTED), db.execute("SELECT sums FROM counted")
    lags = db.execute(_LAG, (now - COARSE,))
    number, in_flight, lag = processes.fetchone()
    (urls,), (visits, size), (longest,) = waiting.fetchone(), _so_far(before, told), lags.fetchone()
    lag_of = {FINE: lag, COARSE: max(lag, longest)}
    db.executemany(
        _TAKE,
        [
            (step, _slot(step, now), now, number, in_flight, urls, lag_of[step], size, visits)
            for step in due
        ],
    )


def _so_far(before: Cursor, told: Cursor) -> tuple[str, float]:
    """Return the visits so far, by kind, as JSON, and the bytes of their bodies."""
    visits: Counter[str] = Counter()
    size = 0.0
    for metric, label, n in before.fetchall():
        if metric == VISITS:
            visits[label] += int(n)
        else:
            size += n
    for series, n in summed(told.fetchall()).items():
        if series.metric == VISITS:
            visits[series.label] += int(n)
        elif series.metric == BYTES:
            size += n
    return json.dumps(visits, separators=(",", ":")), size
