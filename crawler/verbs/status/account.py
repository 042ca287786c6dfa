"""The account that `status` gives, for people and for programs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from crawler.frontier import HostCounts, HostState, JobSums
from crawler.frontier.hosts import HostLine
from crawler.frontier.sums import MAX_RETRYING
from crawler.log import iso, size
from crawler.model import Seconds
from crawler.verbs import spent
from crawler.verbs.hosts.failures import told
from crawler.verbs.ledger import Ledger
from crawler.verbs.status import check
from crawler.verbs.status.eta import eta_document, eta_lines, first_visits, schedules
from crawler.verbs.status.idle import idle
from crawler.verbs.status.processes import process_document, process_lines
from crawler.verbs.status.room import state_size
from crawler.verbs.status.snapshot import Status
from crawler.verbs.status.waits import next_of, waits_of
from crawler.verbs.wishes.words import document as wish_document
from crawler.verbs.wishes.words import in_words
from crawler.verbs.words import UNREAD, counted, span, stamp, when, word_of

_COLUMNS = (
    "known", "waiting", "retrying", "due again", "ok", "not found", "error", "retired"
)  # fmt: skip


MAX_WISHES = 5
"""Wishes that are shown."""


def lines(status: Status, ledger: Ledger) -> Iterator[str]:
    """Yield the lines of `status`."""
    yield from _state(status, ledger)
    for member in status.members:
        yield from process_lines(status, member)
    yield from _wishes(status)
    yield ""
    yield from _table(status, ledger)
    yield ""
    rate_ok = sum(one.rate_ok for one in status.living)
    if status.living:
        yield f"rate     {status.rate:.1f} visits/s, {rate_ok:.1f} of them ok"
    yield from eta_lines(status)
    yield f"hosts    {', '.join(_hosts(status.hosts))}"
    yield from _failing(status)
    if status.next and status.next.ready_at is not None:
        ready = "ready since " if status.next.ready_at <= status.now - 1 else ""
        yield f"next     {status.next.key}, {ready}{when(status.next.ready_at, status.now)}"
    if why := idle(status):
        yield f"idle     {why}"


def _wishes(status: Status) -> Iterator[str]:
    for wish in status.wishes[:MAX_WISHES]:
        yield f"wish     {in_words(wish, status.now)}"
    if (more := len(status.wishes) - MAX_WISHES) > 0:
        yield f"wish     and {more:,} more: crawler wishes"


def _state(status: Status, ledger: Ledger) -> Iterator[str]:
    yield f"state    {', '.join((str(ledger.state), *_sizes(state_size(ledger.state))))}"
    for room in status.rooms:
        yield f"room     {room}"


def _sizes(sizes: tuple[int, int] | None) -> Iterator[str]:
    """Yield the words about the size of a state file."""
    if sizes:
        bytes_, wal = sizes
        yield size(bytes_)
        if wal:
            yield f"and {size(wal)} in its WAL"


def _failing(status: Status) -> Iterator[str]:
    for line in status.failing.rows:
        host, since = line.state, line.state.failed_at
        length = f" for {span(max(0, round(status.now - since)))}" if since is not None else ""
        cause = told(line.last, status.now) if line.last else f"{host.failures} failures in a row"
        yield f"failing  {host.key}{length}: {cause}"
    more = status.failing.chosen - len(status.failing.rows)
    if more > 0:
        least = "at least " if status.failing.at_least else ""
        yield f"failing  and {least}{counted(more, 'host')} more: crawler hosts --failing"


def _table(status: Status, ledger: Ledger) -> Iterator[str]:
    wide = max((len(job.name) for job in status.jobs), default=0)
    wide = max(wide, len("job")) + 2
    waits = waits_of(status) if status.living else {}
    yield "job".ljust(wide) + "".join(f"{name:>12}" for name in _COLUMNS)
    for job in status.jobs:
        yield _sums(job, wide)
        yield from _below(job, waits.get(job.name, ""), status.now)
        if job.active and job.known and ledger.is_unread(job.name, job.meaning):
            yield f"  its lists: {UNREAD}"


def _sums(job: JobSums, wide: int) -> str:
    words = _words(job)
    retrying = f"{job.retrying:,}{'+' if job.retrying >= MAX_RETRYING else ''}"
    cells = [f"{job.known:,}", f"{job.waiting:,}", retrying, f"{job.again:,}"]
    cells += [f"{words[word]:,}" for word in _COLUMNS[4:7]] + [f"{job.retired:,}"]
    return job.name.ljust(wide) + "".join(f"{cell:>12}" for cell in cells)


def _below(job: JobSums, waits: str, now: Seconds) -> Iterator[str]:
    """Yield what is to be said of a job beside its sums."""
    if errors := _errors(job):
        yield f"  error: {', '.join(f'{kind} {n:,}' for kind, n in errors)}"
    if not job.active:
        yield "  the configuration no longer has it"
        return
    if waits:
        yield f"  waits: {waits}"
    if job.spent:
        yield f"  budget: {spent.in_words(job.spent, now)}"
    if job.filtered:
        yield f"  filter: {job.filtered:,} URLs of its lists are left out"
    if job.held is not None:
        yield (
            f"  its lists lost too many URLs, {job.held:,} are left: nothing was removed; "
            f"if that is right: crawler reload --believe {job.name}"
        )


def _errors(job: JobSums) -> list[tuple[str, int]]:
    """Return the kinds that count as errors with their numbers, the most frequent first."""
    found = [(kind, n) for kind, n in job.kinds.items() if n and word_of(kind) == "error"]
    return sorted(found, key=lambda item: -item[1])


def _words(job: JobSums) -> Counter[str]:
    words: Counter[str] = Counter()
    for kind, n in job.kinds.items():
        words[word_of(kind)] += n
    return words


_HOSTS = {
    "held": "held by a process", "ready": "ready", "resting": "ready later",
    "gated": "asked for robots.txt", "failing": "failing", "given_up": "given up",
}  # fmt: skip


def _hosts(found: HostCounts) -> Iterator[str]:
    yield f"{found.known:,} known"
    for name, words in _HOSTS.items():
        if n := getattr(found, name):
            yield f"{'at least ' if name in found.at_least else ''}{n:,} {words}"


def document(status: Status, ledger: Ledger) -> dict[str, Any]:
    """Return the JSON object of `status`."""
    eta, waits, next_at = _eta(status), waits_of(status), next_of(status)
    bytes_, wal = state_size(ledger.state) or (None, None)
    return {
        "at": iso(status.now),
        "state": str(ledger.state),
        "processes": [process_document(status, one) for one in status.members],
        "jobs": [_job(job, waits.get(job.name), next_at.get(job.name)) for job in status.jobs],
        "rate": round(status.rate, 2),
        "rate_ok": round(sum(one.rate_ok for one in status.living), 2),
        "waiting": status.waiting,
        "eta_s": (eta["first_visits"] or {}).get("most_s"),
        "hosts": asdict(status.hosts),
        "next": _next(status.next),
        "idle": idle(status),
        "state_bytes": bytes_,
        "wal_bytes": wal,
        "room": [asdict(one) | {"path": str(one.path)} for one in status.rooms],
        "eta": eta,
        "wishes": [wish_document(wish) for wish in status.wishes],
        "failing": [_failing_host(line) for line in status.failing.rows],
        "check": check.document(status),
    }


def _eta(status: Status) -> dict[str, dict[str, Any] | None]:
    if not status.living:
        return {"first_visits": None, "schedules": None}
    return {
        "first_visits": eta_document(first_visits(status)),
        "schedules": eta_document(schedules(status)),
    }


def _failing_host(line: HostLine) -> dict[str, Any]:
    last = line.last
    return {
        "host": line.state.key,
        "since": stamp(line.state.failed_at),
        "cause": last.cause if last else None,
        "reason": last.reason if last else None,
    }


def _next(host: HostState | None) -> dict[str, Any] | None:
    return {"host": host.key, "at": stamp(host.ready_at)} if host else None


def _job(job: JobSums, waits: str | None, next_at: Seconds | None) -> dict[str, Any]:
    words = _words(job)
    return {
        "name": job.name,
        "active": job.active,
        "schedule": job.schedule,
        "known": job.known,
        "waiting": job.waiting,
        "due_again": job.again,
        "ok": words["ok"],
        "not_found": words["not found"],
        "error": words["error"],
        "kinds": job.kinds,
        "retired": job.retired,
        "held": job.held if job.active else None,
        "retrying": job.retrying,
        "waits_for": waits,
        "next_at": stamp(next_at),
        "filtered": job.filtered,
        "budget": spent.document(job.spent) if job.active else None,
    }
