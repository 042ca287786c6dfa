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


class Histogram:
    """Counts seconds by buckets."""

    def __init__(self, metric: str) -> None:
        self._edges = BUCKETS[metric]
        self._counts = [0] * (len(self._edges) + 1)
        self._sum = 0.0
        labels = [*(format(edge, "g") for edge in self._edges), "+Inf"]
        self._series = [Series(metric, label=label) for label in labels]
        self._total = Series(metric, label=SUM)

    def observe(self, seconds: Seconds) -> None:
        """Count a time."""
        self._counts[bisect_left(self._edges, seconds)] += 1
        self._sum += seconds

    def totals(self) -> Totals:
        """Return the buckets that are not empty, and the sum."""
        counted = zip(self._series, self._counts, strict=True)
        return {series: n for series, n in counted if n} | {self._total: round(self._sum, 6)}


class Counters:
    """Counts what was settled, read and timed.

    `lost` returns how many lines of the log found no reader; those before do not count.
    """

    def __init__(self, lost: Callable[[], int] = lambda: 0) -> None:
        self._sums: Counter[Series] = Counter()
        self._histograms = {metric: Histogram(metric) for metric in BUCKETS}
        self.lagged = self.timer(HUB_LAG)
        self._lost = lost
        self._lost_before = lost()

    def visit(self, settlement: Settlement) -> None:
        """Count a settled visit."""
        task, outcome = settlement.task, settlement.outcome
        if task.robots:
            self._sums[Series(ROBOTS, label=outcome.kind)] += 1
            return
        self._sums[Series(VISITS, task.job, outcome.kind)] += 1
        self._sums[Series(BYTES, task.job)] += outcome.size
        if isinstance(settlement.verdict, Again):
            self._sums[Series(RETRIES, task.job, outcome.kind)] += 1
        began_at = settlement.finished_at - outcome.elapsed
        self._histograms[DURATION].observe(outcome.elapsed)
        self._histograms[WAIT].observe(max(0.0, began_at - task.due_at))

    def read(self, read: Iterable[SyncSums]) -> None:
        """Count readings of the lists of jobs."""
        for sums in read:
            end = FAILED if sums.failed else HELD if sums.held else READ
            self._sums[Series(LIST_READS, sums.job, end)] += 1

    def hook(self, job: str, word: str, number: int) -> None:
        """Count events for hooks of a job, by what came of them."""
        self._sums[Series(EVENTS, job, word)] += number

    def timer(self, metric: str) -> Callable[[Seconds], None]:
        """Return what takes times of a histogram."""
        return partial(Histogram.observe, self._histograms[metric])

    def totals(self, jobs: Collection[str]) -> Totals:
        """Return all sums; those of other jobs than these are of none from now on."""
        for series in [one for one in self._sums if one.job and one.job not in jobs]:
            self._sums[series._replace(job="")] += self._sums.pop(series)
        found: Counter[Series] = Counter({one: n for one, n in self._sums.items() if n})
        for histogram in self._histograms.values():
            found.update(histogram.totals())
        if lost := self._lost() - self._lost_before:
            found[Series(LOG_DROPPED)] = lost
        return found
