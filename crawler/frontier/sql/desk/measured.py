"""What was measured of the crawler: its sums that only grow, and samples of how it was."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from crawler.frontier.metrics import Sample, Series
from crawler.frontier.questions import Samples
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.visits.counting import summed
from crawler.frontier.sql.visits.sampling import COARSE, FINE, SLOTS
from crawler.model import Seconds

_ROWS = """
SELECT at, processes, in_flight, waiting, lag, bytes, visits FROM sample
WHERE step = ? AND at > ? AND at <= ? ORDER BY at"""
SPAN_S = FINE * SLOTS[FINE]
"""What the samples of an hour span, in seconds."""


class _Row(NamedTuple):
    """A row of a sample, with sums so far."""

    at: Seconds
    processes: int
    in_flight: int
    waiting: int
    lag: Seconds
    bytes: float
    visits: str


def counters(db: Connection) -> dict[Series, float]:
    """Return the sums that only grow."""
    rows = db.execute("SELECT metric, job, label, n FROM counter")
    told = db.execute("SELECT sums FROM counted")
    jobs = db.execute("SELECT name FROM job WHERE active")
    total = summed(told.fetchall())
    for metric, job, label, n in rows.fetchall():
        total[Series(metric, job, label)] += n
    active = {name for (name,) in jobs.fetchall()}
    found: Counter[Series] = Counter()
    for series, n in total.items():
        found[series if series.job in active else series._replace(job="")] += n
    return dict(found)


def samples(db: Connection, asked: Samples) -> Sequence[Sample]:
    """Return the samples of a time, each with what was done since the one before."""
    steps = (FINE, COARSE) if asked.until - asked.since <= SPAN_S else (COARSE,)
    for step in steps:
        rows = [
            _Row(*row)
            for row in db.execute(_ROWS, (step, asked.since - 2 * step, asked.until)).fetchall()
        ]
        found = list(_thinned(rows, asked))
        if found:
            return found
    return []


def _thinned(rows: list[_Row], asked: Samples) -> Iterator[Sample]:
    """Yield a sample for each few rows; the last row before the time begins the first."""
    first = next((at for at, row in enumerate(rows) if row.at > asked.since), len(rows))
    rows = rows[max(0, first - 1) :]
    each = -(-(len(rows) - 1) // max(1, asked.most)) or 1
    starts = range(0, len(rows) - 1, each)
    for begin, end in pairwise([*starts, len(rows) - 1] if starts else []):
        yield _sample(rows[begin], rows[begin + 1 : end + 1])


def _sample(before: _Row, rows: list[_Row]) -> Sample:
    """Return the sample that stands for some rows."""
    last = rows[-1]
    were = json.loads(before.visits)
    visits = {kind: n - were.get(kind, 0) for kind, n in json.loads(last.visits).items()}
    return Sample(
        last.at, last.at - before.at, last.processes, last.in_flight, last.waiting,
        max(row.lag for row in rows), max(0, int(last.bytes - before.bytes)),
        {kind: n for kind, n in visits.items() if n > 0},
    )  # fmt: skip
