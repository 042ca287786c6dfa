"""How processes are, and the crawler as a whole.

A process is told by its machine and its place among the processes there, the oldest first: a number
that no process has twice would grow for ever.
"""

import platform
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from crawler import __version__
from crawler.frontier import Member
from crawler.frontier.process import host_name
from crawler.frontier.wishes import Scope, Verb, Wish
from crawler.model import Seconds

_GAUGES: dict[str, tuple[str, Callable[[Member], float | None]]] = {
    "crawler_visits_in_flight": ("Visits under way.", lambda one: one.busy),
    "crawler_process_open_descriptors": (
        "Open descriptors.", lambda one: one.gauges.descriptors,
    ),
    "crawler_process_resident_memory_bytes": (
        "Resident memory.", lambda one: one.gauges.memory,
    ),
    "crawler_disk_free_bytes": (
        "Bytes that are left on the fullest disk to which the process writes.",
        lambda one: one.gauges.disk_free,
    ),
    "crawler_disk_free_inodes": (
        "Inodes that are left on the disk that has the fewest.", lambda one: one.gauges.disk_inodes,
    ),
    "crawler_process_hub_lag_seconds": (
        "Longest time for which its event loop was late, in the last seconds.",
        lambda one: one.gauges.lag,
    ),
    "crawler_process_paused": (
        "1 while it begins no visit because its machine is at fault.",
        lambda one: one.paused_at is not None,
    ),
    "crawler_process_troubled": (
        "1 while something troubles it, which `crawler status` names.",
        lambda one: bool(one.trouble),
    ),
    "crawler_process_outdated": (
        "1 while it has an older text of its configuration than another process.",
        lambda one: one.outdated,
    ),
}  # fmt: skip


def metrics(members: Sequence[Member], now: Seconds) -> Iterator[Metric]:
    """Yield the figures of processes."""
    named = list(zip(_labels(members), members, strict=True))
    for name, (says, value) in _GAUGES.items():
        family = GaugeMetricFamily(name, says, labels=["machine", "process"])
        for labels, one in named:
            if (found := value(one)) is not None:
                family.add_metric(labels, found)
        yield family
    silence = GaugeMetricFamily(
        "crawler_process_silence_seconds",
        "Age of the last word of a process.",
        labels=["machine", "process"],
    )
    info = GaugeMetricFamily(
        "crawler_process_info",
        "1 for each process, with the version of its crawler.",
        labels=["machine", "process", "version"],
    )
    for labels, one in named:
        silence.add_metric(labels, max(0.0, now - (one.seen_at or one.started_at)))
        info.add_metric([*labels, one.version], 1)
    yield from (silence, info)


def _labels(members: Sequence[Member]) -> Iterator[list[str]]:
    met: Counter[str] = Counter()
    for one in members:
        machine = host_name(one.process.machine)
        met[machine] += 1
        yield [machine, str(met[machine])]


def whole(leased: int, wishes: Sequence[Wish], now: Seconds) -> Iterator[Metric]:
    """Yield the figures of the crawler as a whole."""
    yield GaugeMetricFamily(
        "crawler_urls_leased", "URLs that are being visited, or about to be.", value=leased
    )
    paused = GaugeMetricFamily(
        "crawler_paused", "What an operator has paused: all, jobs, hosts.", labels=["scope"]
    )
    standing = [one for one in wishes if one.verb is Verb.PAUSE and not one.is_over(now)]
    scopes = Counter(one.subject.scope for one in standing)
    for scope in Scope:
        paused.add_metric([scope], scopes[scope])
    yield paused
    build = GaugeMetricFamily(
        "crawler_build_info",
        "1, with the versions of the crawler and of Python that tell this.",
        labels=["version", "python"],
    )
    build.add_metric([__version__, platform.python_version()], 1)
    yield build
