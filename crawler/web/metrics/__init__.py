"""The figures of a crawler as Prometheus takes them, all of them from sums that the ledger keeps.

Names follow Prometheus' own rules: base units, `_total` for what only grows (prometheus.io, "Metric
and label naming"). Labels are words of the crawler, names of jobs and of machines: no URL, no host,
and no number that grows.
"""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from crawler.frontier import BacklogOf, Counters, Desk, Hooks, Sums, Totals, Wishes, pages
from crawler.frontier.hosts import Backlog
from crawler.frontier.outbox import HookState
from crawler.frontier.wishes import Wish
from crawler.model import DAY_S, Seconds
from crawler.value import value
from crawler.web.metrics import jobs, processes, totals

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of what `exposition` returns (prometheus.io, "Exposition formats")."""


def exposition(desk: Desk, give_up: Seconds = DAY_S) -> bytes:
    """Return the text for a scrape; a host that gave no answer for `give_up` is given up."""
    registry = CollectorRegistry()
    registry.register(_Figures(_asked(desk, give_up)))
    return generate_latest(registry)


@value
class _Answers:
    """What the ledger says of itself."""

    now: Seconds
    sums: Sums
    counted: Totals
    backlog: Backlog
    wishes: list[Wish]
    hooks: Sequence[HookState]


def _asked(desk: Desk, give_up: Seconds) -> _Answers:
    """Ask for all that is told, each in a short transaction of its own."""
    sums, counted, now = desk.sums(give_up), desk.entry(Counters()), desk.now()
    backlog = desk.entry(BacklogOf(now))
    wishes = [wish for page in pages(desk, Wishes()) for wish in page]
    return _Answers(now, sums, counted, backlog, wishes, desk.entry(Hooks()))


class _Figures(Collector):
    """Figures of one moment."""

    def __init__(self, answers: _Answers) -> None:
        self._answers = answers

    def collect(self) -> Iterator[Metric]:
        """Yield all of them."""
        asked = self._answers
        active = [job for job in asked.sums.jobs if job.active]
        yield from totals.metrics(asked.counted, [job.name for job in active])
        yield from jobs.metrics(active, asked.now)
        yield jobs.due(active, asked.backlog)
        yield from jobs.hook_metrics(asked.hooks)
        if asked.sums.hosts:
            yield from jobs.host_metrics(asked.sums.hosts, asked.now)
        yield from processes.metrics(asked.sums.members, asked.now)
        yield from processes.whole(asked.sums.leased, asked.wishes, asked.now)

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: the registry is of one scrape, and has no other collector."""
        yield from ()
