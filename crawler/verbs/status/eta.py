"""When what waits will have been visited: first visits, and what a schedule makes due again."""

from collections import defaultdict
from collections.abc import Iterator
from math import inf
from typing import Any

from crawler.frontier import HostState, JobSums
from crawler.frontier.hosts import WaitsThere
from crawler.model import DAY_S, Seconds
from crawler.policy.forecast import Forecast, Load, forecast
from crawler.verbs.status.snapshot import Status
from crawler.verbs.words import counted, span, when

RATE_AFTER_S: Seconds = 60.0
"""Time after the start of a process from which on its rate means something."""


def first_visits(status: Status) -> Forecast | None:
    """Return how long the URLs take that wait for their first end."""
    return _forecast(status, {job.name: job for job in status.jobs if job.waiting}, status.waiting)


def schedules(status: Status) -> Forecast | None:
    """Return how long the URLs take that are due again by now."""
    jobs = _scheduled(status)
    return _forecast(status, jobs, _due(status, jobs))


def eta_lines(status: Status) -> Iterator[str]:
    """Yield a line for first visits and one for schedules, as far as there is something."""
    if not status.living:
        return
    if status.waiting:
        words = _words(status, first_visits(status))
        yield f"eta      first visits: {counted(status.waiting, 'URL')}, {words}"
    if status.again:
        due = _due(status, _scheduled(status))
        least = "" if status.backlog.complete else "at least "
        behind = f"; {least}{due:,} due by now, {_words(status, schedules(status))}" if due else ""
        yield f"eta      schedules: {counted(status.again, 'URL')} due again{behind}"


def _words(status: Status, found: Forecast | None) -> str:
    if found is None:
        return "nothing says yet how long they take"
    if found.failing or found.most is None:
        return _early(found, status.now)
    slow = f"; {found.host} is the slowest" if found.host else " at this rate"
    least, most = span(found.least), span(found.most)
    return f"{least if least == most else f'{least} to {most}'}{slow}"


def _early(found: Forecast, now: Seconds) -> str:
    why = [f"{found.host} is the slowest"] if found.host else []
    why += [f"{found.failing} fails"] if found.failing else []
    early = f"not before {when(now + found.least, now)}"
    return ": ".join(filter(None, [early, ", and ".join(why)]))


def eta_document(found: Forecast | None) -> dict[str, Any] | None:
    """Return a forecast for programs."""
    if found is None:
        return None
    return {
        "least_s": round(found.least),
        "most_s": None if found.most is None else round(found.most),
        "host": found.host or None,
        "failing": found.failing or None,
    }


def _scheduled(status: Status) -> dict[str, JobSums]:
    """Return the jobs all of whose URLs that wait have ended before."""
    return {job.name: job for job in status.jobs if job.again and not job.waiting}


def _due(status: Status, jobs: dict[str, JobSums]) -> int:
    return sum(one.due for one in status.backlog.waits if one.job in jobs)


def _forecast(status: Status, jobs: dict[str, JobSums], urls: int) -> Forecast | None:
    loads: dict[str, list[WaitsThere]] = defaultdict(list)
    for one in status.backlog.waits:
        if one.job in jobs:
            loads[one.host.key].append(one)
    found = [_load(status, waits, jobs) for waits in loads.values()]
    return forecast(
        [one for one in found if one.urls], _rate(status), status.now, urls=urls,
        complete=status.backlog.complete,
    )  # fmt: skip


def _rate(status: Status) -> float | None:
    """Return visits a second; None as long as a process has begun only now."""
    started_at = max((one.started_at for one in status.living), default=status.now)
    return status.rate if status.now - started_at >= RATE_AFTER_S else None


def _load(status: Status, waits: list[WaitsThere], jobs: dict[str, JobSums]) -> Load:
    """Return what waits at a host; of a job whose URLs come again only what is due counts."""
    host = waits[0].host
    urls = sum(one.due if jobs[one.job].again else one.urls for one in waits)
    first_at = min(one.first_at for one in waits)
    gap = host.gap if host.answered_at else max(one.delay for one in waits)
    return Load(
        host.key, urls, gap, host.latency, min(one.per_host for one in waits),
        max(host.next_at, host.opens_at, first_at), fails=host.failed_at is not None,
        left=_left(host, status.now), per_day=host.per_day or inf,
    )  # fmt: skip


def _left(host: HostState, now: Seconds) -> float:
    """Return how many visits its budget allows on the day on which it may be visited next."""
    if not host.per_day:
        return inf
    is_today = host.day == max(host.opens_at, now) // DAY_S
    return max(0, host.per_day - host.spent * is_today)
