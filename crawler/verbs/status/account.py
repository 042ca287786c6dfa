"""The account that `status` gives, for people and for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from crawler.frontier import HostCounts, HostState, JobSums, Member
from crawler.log import iso, size
from crawler.verbs.ledger import Ledger
from crawler.verbs.status.idle import idle
from crawler.verbs.status.snapshot import Status
from crawler.verbs.words import UNREAD, span, stamp, when, word_of

_COLUMNS = ("known", "waiting", "due again", "ok", "not found", "error", "retired")


def lines(status: Status, ledger: Ledger) -> Iterator[str]:
    """Yield the lines of `status`."""
    yield f"state    {ledger.state}, {size(ledger.state.stat().st_size)}"
    for member in status.members:
        yield f"process  {_member(status, member)}"
        if member.trouble and member.life(status.machine, status.now) == "alive":
            yield f"  trouble  {member.trouble}"
    yield ""
    yield from _table(status.jobs, ledger)
    yield ""
    rate_ok = sum(one.rate_ok for one in status.living)
    if status.living:
        yield f"rate     {status.rate:.1f} visits/s, {rate_ok:.1f} of them ok{_eta(status)}"
    yield f"hosts    {', '.join(_hosts(status.hosts))}"
    if status.next and status.next.ready_at is not None:
        yield f"next     {status.next.key}, {when(status.next.ready_at, status.now)}"
    if why := idle(status):
        yield f"idle     {why}"


def _eta(status: Status) -> str:
    return f"; what waits takes {span(status.eta)} at this rate" if status.eta else ""


def _member(status: Status, one: Member) -> str:
    now = status.now
    name = f"{one.process.pid} on {one.process.machine.partition(' ')[0]}"
    seen = f"last heard of {when(one.seen_at or one.started_at, now)}"
    life = one.life(status.machine, now)
    if life != "alive":
        return f"{name}: {'dead, ' if life == 'dead' else ''}{seen}"
    late = f", {seen}" if one.lease_until < now else ""
    late += ", on an older text of its configuration" if one.outdated else ""
    up = span(max(0, round(now - one.started_at)))
    state = f"running for {up}" if one.state == "running" else f"{one.state}, started {up} ago"
    return f"{name}: {state}, {one.busy} in flight, {one.rate:.1f} visits/s{late}"


def _table(jobs: Sequence[JobSums], ledger: Ledger) -> Iterator[str]:
    wide = max((len(job.name) for job in jobs), default=0)
    wide = max(wide, len("job")) + 2
    yield "job".ljust(wide) + "".join(f"{name:>12}" for name in _COLUMNS)
    for job in jobs:
        yield from _job_lines(job, wide)
        if job.active and job.known and ledger.is_unread(job.name, job.meaning):
            yield f"  its lists: {UNREAD}"


def _job_lines(job: JobSums, wide: int) -> Iterator[str]:
    words = _words(job)
    sums = (job.known, job.waiting, job.again, *(words[word] for word in _COLUMNS[3:6]))
    yield job.name.ljust(wide) + "".join(f"{n:>12,}" for n in (*sums, job.retired))
    if errors := _errors(job):
        yield f"  error: {', '.join(f'{kind} {n:,}' for kind, n in errors)}"
    if job.held is not None and job.active:
        yield (
            f"  its lists lost too many URLs, {job.held:,} are left: nothing was removed; "
            f"if that is right: crawler reload --believe {job.name}"
        )
    if not job.active:
        yield "  the configuration no longer has it"


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
    return {
        "at": iso(status.now),
        "state": str(ledger.state),
        "processes": [_process(status, one) for one in status.members],
        "jobs": [_job(job) for job in status.jobs],
        "rate": round(status.rate, 2),
        "rate_ok": round(sum(one.rate_ok for one in status.living), 2),
        "waiting": status.waiting,
        "eta_s": round(status.eta) if status.eta else None,
        "hosts": asdict(status.hosts),
        "next": _next(status.next),
        "idle": idle(status),
    }


def _next(host: HostState | None) -> dict[str, Any] | None:
    return {"host": host.key, "at": stamp(host.ready_at)} if host else None


def _process(status: Status, one: Member) -> dict[str, Any]:
    return {
        "owner": one.owner,
        "pid": one.process.pid,
        "machine": one.process.machine.partition(" ")[0],
        "life": one.life(status.machine, status.now),
        "state": one.state,
        "since": iso(one.started_at),
        "seen_at": stamp(one.seen_at or None),
        "config": one.config,
        "outdated": bool(one.outdated),
        "in_flight": one.busy,
        "visits": one.visits,
        "rate": round(one.rate, 2),
        "rate_ok": round(one.rate_ok, 2),
        "bytes": one.bytes,
        "trouble": one.trouble,
    }


def _job(job: JobSums) -> dict[str, Any]:
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
    }
