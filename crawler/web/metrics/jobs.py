"""How jobs and hosts are at one moment."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from crawler.frontier import HostView, JobSums
from crawler.frontier.hosts import Backlog
from crawler.frontier.outbox import HookState
from crawler.model import Seconds
from crawler.web.metrics.totals import JOB

_STATES: dict[str, Callable[[JobSums], int]] = {
    "waiting": lambda job: job.waiting,
    "again": lambda job: job.again,
    "over": lambda job: sum(job.kinds.values()) - job.again,
    "retired": lambda job: job.retired,
}
"""States of URLs, which together are all that are known."""


def metrics(jobs: Sequence[JobSums], now: Seconds) -> Iterator[Metric]:
    """Yield the figures of active jobs."""
    urls = GaugeMetricFamily(
        "crawler_urls",
        "URLs: waiting for their first end, due again by schedule, over, no longer listed.",
        labels=[JOB, "state"],
    )
    ended = GaugeMetricFamily(
        "crawler_urls_ended", "URLs by how their last visit ended.", labels=[JOB, "kind"]
    )
    for job in jobs:
        for state, number in _STATES.items():
            urls.add_metric([job.name, state], number(job))
        for kind, n in sorted(job.kinds.items()):
            ended.add_metric([job.name, kind], n)
    yield from (urls, ended)
    retrying = "URLs that are visited again after a failure; counted as far as 10,000."
    yield _by_job("crawler_urls_retrying", retrying, jobs, lambda job: job.retrying)
    held = "URLs on lists that lost too many to be believed at once; 0: none is held."
    yield _by_job("crawler_list_held_urls", held, jobs, lambda job: job.held or 0)
    age = "Time since a list of the job was last read to its end."
    read = [job for job in jobs if job.read_at is not None]
    yield _by_job("crawler_list_age_seconds", age, read, lambda job: now - (job.read_at or now))


def _by_job(
    name: str, says: str, jobs: Sequence[JobSums], value: Callable[[JobSums], float]
) -> Metric:
    family = GaugeMetricFamily(name, says, labels=[JOB])
    for job in jobs:
        family.add_metric([job.name], value(job))
    return family


def due(jobs: Sequence[JobSums], backlog: Backlog) -> Metric:
    """Return how many URLs are due: as far as a bound, for times pass and no sum can be kept."""
    found = Counter[str]()
    for one in backlog.waits:
        found[one.job] += one.due
    says = "URLs that are due and not taken, at the 1,000 hosts that are at work or next, at least."
    return _by_job("crawler_urls_due", says, jobs, lambda job: found[job.name])


def hook_metrics(hooks: Sequence[HookState]) -> Iterator[Metric]:
    """Yield how many events wait for the hooks of jobs, and how many of these fail."""
    waiting, failing = Counter[str](), Counter[str]()
    for one in hooks:
        waiting[one.job] += one.waiting
        failing[one.job] += one.failures > 0
    says = "Events that wait for hooks; those of each hook counted as far as 10,000."
    yield _of_jobs("crawler_hook_events_waiting", says, waiting)
    yield _of_jobs("crawler_hooks_failing", "Hooks whose last delivery failed.", failing)


def _of_jobs(name: str, says: str, found: Counter[str]) -> Metric:
    family = GaugeMetricFamily(name, says, labels=[JOB])
    for job, number in sorted(found.items()):
        family.add_metric([job], number)
    return family


def host_metrics(hosts: HostView, now: Seconds) -> Iterator[Metric]:
    """Yield the figures of hosts."""
    counts = hosts.counts
    yield GaugeMetricFamily("crawler_hosts_known", "Hosts that are known.", value=counts.known)
    states = GaugeMetricFamily(
        "crawler_hosts", "Hosts by state; each counted as far as 10,000.", labels=["state"]
    )
    for state in ("held", "ready", "resting", "gated", "failing", "given_up"):
        states.add_metric([state], getattr(counts, state))
    yield states
    yield GaugeMetricFamily(
        "crawler_hosts_failing_ratio",
        "Share of the known hosts whose last visits failed.",
        value=counts.failing_share,
    )
    ready_at = hosts.next.ready_at if hosts.next else None
    yield GaugeMetricFamily(
        "crawler_host_overdue_seconds",
        "For how long a host has been due that no process has taken.",
        value=max(0.0, now - ready_at) if ready_at is not None else 0.0,
    )
