"""What `top` shows: a screen of lines, from a status and the visits under way. Pure."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from crawler.frontier import Member
from crawler.frontier.values import UnderWay
from crawler.log import iso, size
from crawler.model import Seconds
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
_KEYS = "q quit · s sort · p pause"
_MORE_KEYS = " · any other key: look again"
_HELD = "held still; p goes on"
WIDE_COLUMNS = 64
"""Columns from which on a visit has one line, and the screen a whole time."""
HIGH_ROWS = 20
"""Rows from which on processes are shown that are well, and parts are set apart."""


class Window(NamedTuple):
    """The room that there is to show something, in characters; a file has all of it."""

    columns: int = sys.maxsize
    rows: int = sys.maxsize

    @property
    def is_wide(self) -> bool:
        return self.columns >= WIDE_COLUMNS

    @property
    def is_high(self) -> bool:
        return self.rows >= HIGH_ROWS


ENDLESS = Window()
"""The window of what is no terminal."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one look has found."""

    status: Status
    visits: Sequence[tuple[int, UnderWay]]
    """Visits under way, each with the process that makes it."""

    @property
    def is_untold(self) -> bool:
        """Tell whether visits are under way, and no process has told which."""
        return not self.visits and any(one.busy for one in self.status.living)


def screen(
    shown: Shown, order: str, window: Window = ENDLESS, *, paused: bool = False
) -> list[str]:
    """Return all lines, the most important first: a terminal shows as many as it has room for."""
    apart = [""] if window.is_high else []
    failing = [*_failing(shown.status)]
    failing += apart if failing else []
    return [*_head(shown, window, paused=paused), *apart, *failing, *_visits(shown, order, window)]


def _title(now: Seconds, window: Window, *, paused: bool) -> str:
    if window.is_wide:
        held = f"  ({_HELD})" if paused else ""
        return f"crawler top  {iso(now)}{held}  {_KEYS}{_MORE_KEYS}"
    return f"{iso(now)[11:19]}  {_HELD if paused else _KEYS}"


def _head(shown: Shown, window: Window, *, paused: bool) -> Iterator[str]:
    status = shown.status
    yield _title(status.now, window, paused=paused)
    rate_ok = sum(one.rate_ok for one in status.living)
    busy = sum(one.busy for one in status.living)
    yield (
        f"rate     {status.rate:.1f} visits/s, {rate_ok:.1f} of them ok; {busy} in flight, "
        f"{status.waiting:,} waiting, {status.again:,} due again"
    )
    yield from eta_lines(status)
    for one in status.members:
        if window.is_high or not _is_well(status, one):
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


def _is_well(status: Status, one: Member) -> bool:
    """Tell whether of a process there is no more to say than that it runs."""
    lives = one.life(status.machine, status.now) == "alive" and one.state == "running"
    calm = one.paused_at is None and not one.trouble
    return lives and calm and status.silence(one) <= SILENT_S


def _failing(status: Status) -> Iterator[str]:
    for line in status.failing.rows:
        cause = told(line.last, status.now) if line.last else "failing"
        yield f"failing  {line.state.key}: {cause}"
    if status.failing.chosen > len(status.failing.rows):
        yield f"failing  {status.hosts.failing:,} hosts in all: crawler hosts --failing"


def _visits(shown: Shown, order: str, window: Window) -> Iterator[str]:
    pids = {one.owner: str(one.process.pid) for one in shown.status.members}
    if not shown.visits:
        untold = "no visit under way is known; processes tell of theirs within 5 s"
        yield untold if shown.is_untold else "no visit is under way"
        return
    found = sorted(shown.visits, key=lambda each: _key(each[1], order))
    rows = [_row(pids.get(owner, "?"), one) for owner, one in found]
    if window.is_wide:
        yield from aligned(_HEAD, rows, ">>>><<")
        return
    for _, *measures, url in rows:
        yield url
        yield f"  {'  '.join(filter(None, measures))}"


def _row(pid: str, one: UnderWay) -> tuple[str, ...]:
    speed = f"{size(_speed(one))}/s" if one.bytes else ""
    return pid, span(round(one.age, 1)), size(one.bytes), speed, one.job, one.url


def _speed(one: UnderWay) -> float:
    return one.bytes / one.age if one.age > 0 else 0.0


def _key(one: UnderWay, order: str) -> tuple[str, float]:
    if order == "host":
        return host_of(one.url), -one.age
    return "", -{"age": one.age, "bytes": float(one.bytes), "speed": _speed(one)}[order]
