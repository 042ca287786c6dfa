"""What `top` shows: a screen of lines, from a status and the visits under way. Pure."""

import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crawler.frontier import Member
from crawler.frontier.values import UnderWay
from crawler.log import iso, size
from crawler.model import Seconds
from crawler.urls import host_of
from crawler.value import value
from crawler.verbs.columns import aligned
from crawler.verbs.commands.watching import VISIT_ORDERS
from crawler.verbs.hosts.failures import told
from crawler.verbs.status.eta import eta_lines
from crawler.verbs.status.processes import SILENT_S
from crawler.verbs.status.snapshot import Status
from crawler.verbs.wishes.words import in_words
from crawler.verbs.words import span

_HEAD = ("pid", "age", "bytes", "speed", "job", "URL")
HOST_ORDERS = ("failing", "failures", "rests", "waiting", "well")
"""By what failing hosts are sorted: of `crawler.choices.HOST_ORDERS`."""
MAX_WISHES = 2
"""Wishes that are shown."""
_KEYS = "q quit · p pause · r resume"
_MORE_KEYS = " · s h sort · space hold"
_HELD = "held still; space goes on"
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


@value
class Shown:
    """What one look has found."""

    status: Status
    visits: Sequence[tuple[int, UnderWay]]
    """Visits under way, each with the process that makes it."""

    @property
    def is_told(self) -> bool:
        """Whether every process has told of its visits that has some."""
        telling = {owner for owner, _ in self.visits}
        return all(one.owner in telling for one in self.status.living if one.busy)


@value
class View:
    """How it is to be shown."""

    order: str = VISIT_ORDERS[0]
    """Of the visits."""
    hosts: str = HOST_ORDERS[0]
    """The order of the failing hosts."""
    held: bool = False
    """Whether the screen is held still."""
    line: str = ""
    """What is asked or said instead of the keys."""


def screen(shown: Shown, view: View, window: Window = ENDLESS) -> list[str]:
    """Return all lines, the most important first: a terminal shows as many as it has room for."""
    apart = [""] if window.is_high else []
    failing = [*_failing(shown.status, view.hosts)]
    failing += apart if failing else []
    visits = _visits(shown, view.order, window)
    return [*_head(shown, view, window), *apart, *failing, *visits]


def _title(now: Seconds, window: Window, *, held: bool) -> str:
    if window.is_wide:
        still = f"  ({_HELD})" if held else ""
        return f"crawler top  {iso(now)}{still}  {_KEYS}{_MORE_KEYS}"
    return f"{iso(now)[11:19]}  {_HELD if held else _KEYS}"


def _head(shown: Shown, view: View, window: Window) -> Iterator[str]:
    status = shown.status
    yield view.line or _title(status.now, window, held=view.held)
    rate_ok = sum(one.rate_ok for one in status.living)
    busy = sum(one.busy for one in status.living)
    yield (
        f"rate     {status.rate:.1f} visits/s, {rate_ok:.1f} of them ok; {busy} in flight, "
        f"{status.waiting:,} waiting, {status.again:,} due again"
    )
    yield from eta_lines(status)
    yield from _processes(status, window)
    for wish in status.wishes[-MAX_WISHES:]:
        yield f"wish     {in_words(wish, status.now)}"


def _processes(status: Status, window: Window) -> Iterator[str]:
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


def _failing(status: Status, order: str) -> Iterator[str]:
    if status.failing.rows and order != HOST_ORDERS[0]:
        yield f"failing  by {order}:"
    for line in status.failing.rows:
        cause = told(line.last, status.now) if line.last else "failing"
        yield f"failing  {line.state.key}: {cause}"
    if status.failing.chosen > len(status.failing.rows):
        yield f"failing  {status.hosts.failing:,} hosts in all: crawler hosts --failing"


def _visits(shown: Shown, order: str, window: Window) -> Iterator[str]:
    pids = {one.owner: str(one.process.pid) for one in shown.status.members}
    if not shown.visits:
        yield "no visit is under way" if shown.is_told else "the visits under way are not told yet"
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
