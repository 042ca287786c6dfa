"""What this process has counted since it joined the ledger, for its heartbeats."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from functools import partial

from crawler.frontier.metrics import (
    BUCKETS,
    BYTES,
    DURATION,
    EVENTS,
    FAILED,
    HELD,
    HUB_LAG,
    LIST_READS,
    LOG_DROPPED,
    READ,
    RETRIES,
    ROBOTS,
    SUM,
    VISITS,
    WAIT,
    Series,
    Totals,
)
from crawler.model import Seconds
from crawler.records import Again, Settlement
from crawler.seeder.admission import SyncSums

MAX_UNCOUNTED = 1024
"""Times that a histogram may hold before it counts them."""


class Histogram:
    """Counts seconds by buckets, many at a time."""

    def __init__(self, metric: str) -> None:
        edges = BUCKETS[metric]
        self._bucket = partial(bisect_left, edges)
        self._new: list[Seconds] = []
        self._counts: Counter[int] = Counter()
        self._sum = 0.0
        labels = [*(format(edge, "g") for edge in edges), "+Inf"]
        self._series = [Series(metric, label=label) for label in labels]
        self._total = Series(metric, label=SUM)

    def observe(self, seconds: Seconds) -> None:
        """Count a time."""
        self._new.append(seconds)
        if len(self._new) >= MAX_UNCOUNTED:
            self._count()

    def _count(self) -> None:
        self._counts.update(map(self._bucket, self._new))
        self._sum += sum(self._new)
        self._new.clear()

    def totals(self) -> Totals:
        """Return the buckets that are not empty, and the sum."""
        self._count()
        counted = {self._series[at]: n for at, n in sorted(self._counts.items())}
        return counted | {self._total: round(self._sum, 6)}


class Counters:
    """Counts what was settled, read and timed.

    `lost` returns how many lines of the log found no reader; those before do not count.
    """

    def __init__(self, lost: Callable[[], int] = lambda: 0) -> None:
        self._sums: Counter[tuple[str, str, str]] = Counter()
        """By metric, job and label, as a `Series` has them."""
        self._histograms = {metric: Histogram(metric) for metric in BUCKETS}
        self.lagged = self.timer(HUB_LAG)
        self._took = self._histograms[DURATION]
        self._waited = self._histograms[WAIT]
        self._lost = lost
        self._lost_before = lost()

    def visit(self, settlement: Settlement) -> None:
        """Count a settled visit."""
        task, outcome, sums = settlement.task, settlement.outcome, self._sums
        if task.robots:
            sums[ROBOTS, "", outcome.kind] += 1
            return
        job, elapsed = task.job, outcome.elapsed
        sums[VISITS, job, outcome.kind] += 1
        sums[BYTES, job, ""] += outcome.size
        if isinstance(settlement.verdict, Again):
            sums[RETRIES, job, outcome.kind] += 1
        self._took.observe(elapsed)
        self._waited.observe(max(0.0, settlement.finished_at - elapsed - task.due_at))

    def read(self, read: Iterable[SyncSums]) -> None:
        """Count readings of the lists of jobs."""
        for sums in read:
            end = FAILED if sums.failed else HELD if sums.held else READ
            self._sums[LIST_READS, sums.job, end] += 1

    def hook(self, job: str, word: str, number: int) -> None:
        """Count events for hooks of a job, by what came of them."""
        self._sums[EVENTS, job, word] += number

    def timer(self, metric: str) -> Callable[[Seconds], None]:
        """Return what takes times of a histogram."""
        return partial(Histogram.observe, self._histograms[metric])

    def totals(self, jobs: Collection[str]) -> Totals:
        """Return all sums; those of other jobs than these are of none from now on."""
        for metric, job, label in list(self._sums):
            if job and job not in jobs:
                self._sums[metric, "", label] += self._sums.pop((metric, job, label))
        found: Counter[Series] = Counter({Series(*one): n for one, n in self._sums.items() if n})
        for histogram in self._histograms.values():
            found.update(histogram.totals())
        if lost := self._lost() - self._lost_before:
            found[Series(LOG_DROPPED)] = lost
        return found
