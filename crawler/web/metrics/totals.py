"""What only grows: counters and histograms."""

from collections.abc import Collection, Iterator

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from crawler.frontier import Totals
from crawler.frontier.metrics import (
    BUCKETS,
    BYTES,
    DEATHS,
    DURATION,
    EVENTS,
    FAILED,
    HELD,
    HUB_LAG,
    LEASE,
    LIST_READS,
    LOG_DROPPED,
    READ,
    RETRIES,
    ROBOTS,
    SETTLE,
    SUM,
    VISITS,
    WAIT,
)

JOB = "crawler_job"
"""Label with the name of a job; `job` is what Prometheus calls the target that it scrapes."""
_BY_JOB = {
    VISITS: ("crawler_visits", "Visits to URLs that were settled.", "kind"),
    RETRIES: ("crawler_retries", "Visits after which their URL is visited again.", "kind"),
    LIST_READS: ("crawler_list_reads", "Readings of the lists of a job.", "outcome"),
    EVENTS: ("crawler_hook_events", "Events for hooks, by what came of them.", "outcome"),
    BYTES: ("crawler_body_bytes", "Bytes of the bodies that visits brought.", None),
}
"""Counters of active jobs: name, help, and the name of the second label."""
_ALONE = {
    LOG_DROPPED: ("crawler_log_lines_dropped", "Lines of the log that found no reader."),
    DEATHS: ("crawler_process_deaths", "Processes that were taken for dead."),
}
"""Counters without a label, which are 0 from the beginning."""
_HISTOGRAMS = {
    DURATION: ("crawler_visit_duration_seconds", "How long visits to URLs lasted."),
    WAIT: ("crawler_visit_wait_seconds", "How long after its due time a visit to a URL began."),
    LEASE: ("crawler_lease_duration_seconds", "How long the ledger took to lease tasks."),
    SETTLE: ("crawler_settle_duration_seconds", "How long the ledger took to settle visits."),
    HUB_LAG: ("crawler_hub_lag_seconds", "How late rounds of the event loop were."),
}


def metrics(counted: Totals, jobs: Collection[str]) -> Iterator[Metric]:
    """Yield the counters and histograms; those by job are of these jobs."""
    for metric, (name, says, label) in _BY_JOB.items():
        yield _by_job(counted, jobs, metric, CounterMetricFamily(name, says, labels=_names(label)))
    robots = CounterMetricFamily(
        "crawler_robots_visits", "Visits to robots.txt that were settled.", labels=["kind"]
    )
    for one, n in counted.items():
        if one.metric == ROBOTS:
            robots.add_metric([one.label], n)
    yield robots
    for metric, (name, says) in _ALONE.items():
        n = sum(n for one, n in counted.items() if one.metric == metric)
        yield CounterMetricFamily(name, says, value=n)
    for metric, (name, says) in _HISTOGRAMS.items():
        yield _histogram(counted, metric, HistogramMetricFamily(name, says, labels=[]))


def _names(label: str | None) -> list[str]:
    return [JOB, label] if label else [JOB]


def _by_job(
    counted: Totals, jobs: Collection[str], metric: str, family: CounterMetricFamily
) -> Metric:
    """Add the sums of jobs; readings of lists are 0 at first, so that the first one is a growth."""
    sums = {(one.job, one.label): n for one, n in counted.items() if one.metric == metric}
    if metric == LIST_READS:
        none = {(job, end): 0.0 for job in jobs for end in (READ, FAILED, HELD)}
        sums = none | sums
    for (job, label), n in sorted(sums.items()):
        if job in jobs:
            family.add_metric([job, label] if metric != BYTES else [job], n)
    return family


def _histogram(counted: Totals, metric: str, family: HistogramMetricFamily) -> Metric:
    """Add the buckets: each has what is in the lower ones, too; an older crawler had others."""
    found = {one.label: n for one, n in counted.items() if one.metric == metric}
    total = found.pop(SUM, 0.0)
    edges = {*map(float, found), *BUCKETS[metric], float("inf")}
    buckets, below = [], 0.0
    for edge in sorted(edges):
        label = "+Inf" if edge == float("inf") else format(edge, "g")
        below += found.get(label, 0.0)
        buckets.append((label, below))
    family.add_metric([], buckets, total)
    return family
