"""`crawler host H`: all that is known of one host."""

from collections.abc import Iterator, Sequence
from typing import Any

from crawler.frontier import HostState, Member
from crawler.frontier.hosts import HostAccount, HostLine, JobThere
from crawler.frontier.process import current
from crawler.frontier.wishes import Scope, Wish
from crawler.model import Seconds
from crawler.records import Robots
from crawler.verbs.hosts.asked import delays
from crawler.verbs.hosts.failures import failure, told
from crawler.verbs.hosts.state import Look, state_of
from crawler.verbs.hosts.table import host_document, pace, share, visits_today
from crawler.verbs.wishes.words import document, in_words
from crawler.verbs.words import counted, span, stamp, when


def account_lines(found: HostAccount, members: Sequence[Member], look: Look) -> Iterator[str]:
    """Yield the lines of one host, a subject each."""
    now = look.now
    yield found.line.state.key
    yield from _state(found, look)
    yield from _visits(found.line.state, now)
    yield from _pace(found.line, look)
    yield from _owner(found, members, now)
    yield f"  URLs          {found.line.waiting:,} waiting, {found.line.leased:,} leased"
    for job in found.jobs:
        yield f"  job           {_job(job)}"
    for one in found.robots:
        yield f"  robots.txt    {_robots(one, now)}"
    for cause in found.failures:
        yield f"  failed        {told(cause, now)}"
        yield f"                {cause.reason}"
        yield f"                {cause.url}"


def _state(found: HostAccount, look: Look) -> Iterator[str]:
    now, host, state = look.now, found.line.state, state_of(found.line.state, look)
    failing = f", for {span(now - host.failed_at)}" if host.failed_at is not None else ""
    yield f"  state         {state.word}{failing}{_in_a_row(host)}"
    for wish in _wishes(found, look):
        yield f"  wish          {in_words(wish, now)}"
    if state.until is not None:
        yield f"  rests         until {when(state.until, now)} ({state.why})"


def _visits(host: HostState, now: Seconds) -> Iterator[str]:
    yield f"  last well     {'never' if host.well_at is None else when(host.well_at, now)}"
    today = counted(visits_today(host, now), "visit")
    rate = f", {lately} lately" if (lately := pace(host.rate(now))) else ""
    well = f", {share(host)} of the last ones well" if host.share is not None else ""
    yield f"  visits        {today} today{rate}{well}"


def _wishes(found: HostAccount, look: Look) -> list[Wish]:
    """Return the wishes that act on a host: for it, for a job that visits it, or for all."""
    jobs, name = {job.name for job in found.jobs}, found.line.state.key
    names = {name, name.rpartition(":")[0]}
    return [
        wish
        for wish in look.wishes
        if wish.subject.scope is Scope.ALL
        or wish.subject.name in (jobs if wish.subject.scope is Scope.JOB else names)
    ]


def _in_a_row(host: HostState) -> str:
    if host.failures:
        answer = "; the last one had no answer at all" if host.silent else ""
        return f", {counted(host.failures, 'failure')} in a row{answer}"
    return f", {counted(host.refusals, 'refused visit')} in a row" if host.refusals else ""


def _pace(line: HostLine, look: Look) -> Iterator[str]:
    host = line.state
    asked = [f"{span(value)} by {who}" for who, value in delays(line, look).items() if value]
    told_ = f"; asked for: {', '.join(asked)}" if asked else ""
    yield f"  delay         {span(host.gap)} in force{told_}"
    if host.latency:
        yield f"  answers in    {span(host.latency)}"


def _owner(found: HostAccount, members: Sequence[Member], now: Seconds) -> Iterator[str]:
    owner, address = found.line.state.owner, found.line.state.address
    for one in members:
        who = f"process {one.process.pid} on {one.process.machine.partition(' ')[0]}"
        life = one.life(current().machine, now)
        if one.owner == owner:
            yield f"  held by       {who}{'' if life == 'alive' else f' ({life})'}"
        elif one.owner == found.neighbour:
            yield f"  waits for     {who}, which holds another host at its address"
    if address:
        yield f"  address       {address}"


def _job(job: JobThere) -> str:
    gone = "" if job.active else "; the configuration no longer has it"
    slots = f", {job.per_host} at a time" if job.per_host > 1 else ""
    rules = ", obeys robots.txt" if job.obeys else ", ignores robots.txt"
    return (
        f"{job.name}: {job.waiting:,} waiting; asks for {span(job.delay)} of delay"
        f"{slots}{rules}{gone}"
    )


def _robots(one: Robots, now: Seconds) -> str:
    if one.failures:
        tries = counted(one.failures, "attempt")
        again = f"asked for again {when(one.refresh_at, now)}"
        return f"{one.origin}: not fetched, {tries}: {one.reason}; {again}"
    rules = "no rules" if one.body is None else f"{counted(len(one.body), 'byte')} of rules"
    status = f", HTTP status {one.status}" if one.status else ""
    return f"{one.origin}: {rules}{status}, until {when(one.until, now)}"


def account_document(found: HostAccount, look: Look) -> dict[str, Any]:
    """Return the JSON object of one host."""
    return {
        **host_document(found.line, look),
        "wishes": [document(wish) for wish in _wishes(found, look)],
        "neighbour": found.neighbour,
        "jobs": [
            {
                "name": job.name, "active": job.active, "waiting": job.waiting,
                "delay_s": job.delay, "per_host": job.per_host, "obeys_robots": job.obeys,
            }
            for job in found.jobs
        ],
        "robots": [
            {
                "origin": one.origin, "status": one.status, "until": stamp(one.until),
                "refresh_at": stamp(one.refresh_at), "failures": one.failures,
                "reason": one.reason or None, "crawl_delay_s": one.crawl_delay or None,
            }
            for one in found.robots
        ],
        "last_failures": [failure(one) for one in found.failures],
    }  # fmt: skip
