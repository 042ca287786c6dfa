"""`crawler status --check`: one line for monitors and an exit code, as Nagios takes them.

The line is a word, what is wrong or how it goes, and after a bar the figures as plugins give them
(Monitoring Plugins Development Guidelines, "Plugin Output", "Performance data").
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Any

from crawler.frontier import HostCounts, Member
from crawler.frontier.wishes import Scope, Verb
from crawler.log import size
from crawler.model import Seconds
from crawler.value import value
from crawler.verbs.status.snapshot import Status
from crawler.verbs.wishes.words import in_words
from crawler.verbs.words import counted, span


class Health(IntEnum):
    """How the crawler is, by exit code."""

    OK = 0
    DEGRADED = 1
    DOWN = 2
    UNKNOWN = 3


WORDS = {
    Health.OK: "OK", Health.DEGRADED: "WARNING", Health.DOWN: "CRITICAL", Health.UNKNOWN: "UNKNOWN",
}  # fmt: skip


@value
class Thresholds:
    """What is borne."""

    silence: Seconds
    """Seconds for which nothing may be heard of a process."""
    failing: float
    """Share of the hosts that may fail, from 0 to 1."""
    room: int
    """Bytes that are to be free."""
    processes: int
    """Processes that are to live."""


USUAL = Thresholds(silence=60.0, failing=0.1, room=1_000_000_000, processes=1)
"""What is borne where nobody says otherwise."""


def checked(status: Status, most: Thresholds) -> tuple[Health, str]:
    """Return how the crawler is, and the line that says so."""
    health, told = _judged(status, most)
    return health, _line(health, told, status)


def document(status: Status, most: Thresholds = USUAL) -> dict[str, Any]:
    """Return the JSON object of a check: a word, and what is wrong or how it goes."""
    health, told = _judged(status, most)
    return {"health": WORDS[health], "told": told}


def _judged(status: Status, most: Thresholds) -> tuple[Health, list[str]]:
    heard = [one for one in status.living if status.silence(one) <= most.silence]
    if not heard:
        return Health.DOWN, [_why_down(status)]
    wrong = [
        *_paused(status),
        *_processes(status, heard, most),
        *_hosts(status, most),
        *_rooms(status, most),
    ]
    wrong += [
        f"the lists of {job.name} lost too many URLs"
        for job in status.jobs
        if job.active and job.held is not None
    ]
    if wrong:
        return Health.DEGRADED, wrong
    return Health.OK, [f"{_count(len(heard))}, {status.rate:.1f} visits/s"]


def unknown(why: str) -> str:
    """Return the line of a check that cannot tell."""
    return f"CRAWLER UNKNOWN - {_plain(why)}"


def _line(health: Health, told: list[str], status: Status) -> str:
    figures = {
        "processes": len(status.living),
        "rate": round(status.rate, 2),
        "waiting": status.waiting,
        "retrying": sum(job.retrying for job in status.jobs if job.active),
        "failing_hosts": _failing(status.hosts),
        "hosts": status.hosts.known,
    }
    performance = " ".join(f"{name}={value}" for name, value in figures.items())
    return f"CRAWLER {WORDS[health]} - {_plain('; '.join(told))} | {performance}"


def _plain(text: str) -> str:
    """Return a text on one line and without the bar, which ends it for a monitor."""
    return " ".join(text.replace("|", "/").split())


def _count(processes: int) -> str:
    return f"{processes} process{'' if processes == 1 else 'es'}"


def _why_down(status: Status) -> str:
    if status.living:
        return "; ".join(_silent(status, one) for one in status.living)
    gone = [str(one.process.pid) for one in status.members]
    return f"no daemon is running; {' and '.join(gone)} died" if gone else "no daemon is running"


def _silent(status: Status, one: Member) -> str:
    return f"process {one.process.pid} was not heard of for {span(status.silence(one))}"


def _paused(status: Status) -> Iterator[str]:
    """Yield what an operator has paused, but for single hosts."""
    for wish in status.wishes:
        if wish.verb is Verb.PAUSE and wish.subject.scope is not Scope.HOST:
            yield in_words(wish, status.now)


def _processes(status: Status, heard: list[Member], most: Thresholds) -> Iterator[str]:
    if len(heard) < most.processes:
        yield f"{len(heard)} of {_count(most.processes)} live"
    for one in status.members:
        if one not in heard:
            alive = one in status.living
            yield _silent(status, one) if alive else f"process {one.process.pid} died"
    for one in heard:
        name = f"process {one.process.pid}"
        if one.paused_at is not None:
            length = span(max(0, round(status.now - one.paused_at)))
            yield f"{name} is paused for {length}: {one.paused_for}"
        if one.trouble:
            yield f"{name}: {one.trouble}"
        if one.outdated:
            yield f"{name} has an older text of its configuration"


def _hosts(status: Status, most: Thresholds) -> Iterator[str]:
    hosts = status.hosts
    if hosts.failing and hosts.failing_share > most.failing:
        names = ", ".join(line.state.key for line in status.failing.rows)
        about = "about " if "failing" in hosts.at_least else ""
        yield f"{about}{_failing(hosts):,} of {counted(hosts.known, 'host')} failing: {names}"


def _failing(hosts: HostCounts) -> int:
    if "failing" in hosts.at_least:
        return max(hosts.failing, round(hosts.failing_share * hosts.known))
    return hosts.failing


def _rooms(status: Status, most: Thresholds) -> Iterator[str]:
    for room in status.rooms:
        if room.free < most.room:
            yield f"{size(room.free)} free at {room.path}"
