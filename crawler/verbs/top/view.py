"""What `top` shows: a screen of lines, from a status and the visits under way. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crawler.frontier import Member
from crawler.frontier.values import UnderWay
from crawler.log import iso, size
from crawler.urls import host_of
from crawler.verbs.columns import aligned
from crawler.verbs.hosts.failures import told
from crawler.verbs.status.eta import eta_lines
from crawler.verbs.status.processes import SILENT_S
from crawler.verbs.status.snapshot import Status
from crawler.verbs.words import span

ORDERS = ("age", "bytes", "speed", "host")
"""By what visits are sorted; the greatest first, hosts by their names."""
_HEAD = ("pid", "age", "bytes", "speed", "job", "URL")
_KEYS = "q quit · s sort · p pause · any other key: look again"


@dataclass(frozen=True, slots=True)
class Shown:
    """What one look has found."""

    status: Status
    visits: Sequence[tuple[int, UnderWay]]
    """Visits under way, each with the process that makes it."""


def screen(shown: Shown, order: str, *, paused: bool = False) -> list[str]:
    """Return all lines, the most important first: a terminal shows as many as it has room for."""
    return [*_head(shown, paused=paused), "", *_failing(shown.status), *_visits(shown, order)]


def _head(shown: Shown, *, paused: bool) -> Iterator[str]:
    status = shown.status
    held = "  (held still; p goes on)" if paused else ""
    yield f"crawler top  {iso(status.now)}{held}  {_KEYS}"
    rate_ok = sum(one.rate_ok for one in status.living)
    busy = sum(one.busy for one in status.living)
    yield (
        f"rate     {status.rate:.1f} visits/s, {rate_ok:.1f} of them ok; {busy} in flight, "
        f"{status.waiting:,} waiting, {status.again:,} due again"
    )
    yield from eta_lines(status)
    for one in status.members:
        yield f"process  {_member(status, one)}"
    if not status.living:
        yield "no daemon is running"


def _member(status: Status, one: Member) -> str:
    life, silence = one.life(status.machine, status.now), status.silence(one)
    told_ = f"{one.process.pid} {one.state}, {one.busy} in flight, {one.rate:.1f} visits/s"
    if life != "alive":
        return f"{told_}, {life}"
    late = f", not heard of for {span(silence)}" if silence > SILENT_S else ""
    paused = f", paused: {one.paused_for}" if one.paused_at is not None else ""
    trouble = f", {one.trouble}" if one.trouble else ""
    return f"{told_}{late}{paused}{trouble}"


def _failing(status: Status) -> Iterator[str]:
    for line in status.failing.rows:
        cause = told(line.last, status.now) if line.last else "failing"
        yield f"failing  {line.state.key}: {cause}"
    if status.failing.chosen > len(status.failing.rows):
        yield f"failing  {status.hosts.failing:,} hosts in all: crawler hosts --failing"
    if status.failing.rows:
        yield ""


def _visits(shown: Shown, order: str) -> Iterator[str]:
    pids = {one.owner: str(one.process.pid) for one in shown.status.members}
    if not shown.visits:
        yield "no visit under way is known; processes tell of theirs within 5 s"
        return
    found = sorted(shown.visits, key=lambda each: _key(each[1], order))
    rows = [_row(pids.get(owner, "?"), one) for owner, one in found]
    yield from aligned(_HEAD, rows, ">>>><<")


def _row(pid: str, one: UnderWay) -> tuple[str, ...]:
    speed = f"{size(_speed(one))}/s" if one.bytes else ""
    return pid, span(round(one.age, 1)), size(one.bytes), speed, one.job, one.url


def _speed(one: UnderWay) -> float:
    return one.bytes / one.age if one.age > 0 else 0.0


def _key(one: UnderWay, order: str) -> tuple[str, float]:
    if order == "host":
        return host_of(one.url), -one.age
    return "", -{"age": one.age, "bytes": float(one.bytes), "speed": _speed(one)}[order]
