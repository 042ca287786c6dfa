"""What `status` tells of each process."""

from collections.abc import Iterator
from typing import Any

from crawler.frontier import Member
from crawler.log import iso
from crawler.model import Seconds
from crawler.verbs.status.snapshot import Status
from crawler.verbs.words import ago, span, stamp, when

SILENT_S: Seconds = 15.0
"""Silence of a process after which that is what is told of it first: it writes every 5 s."""


def process_lines(status: Status, one: Member) -> Iterator[str]:
    """Yield the line of a process, and below it what is unusual."""
    yield f"process  {_member(status, one)}"
    if one.life(status.machine, status.now) != "alive":
        return
    if one.paused_at is not None:
        length = span(max(0, round(status.now - one.paused_at)))
        yield f"  paused   for {length}: {one.paused_for or 'this machine is at fault'}"
    if one.trouble:
        yield f"  trouble  {one.trouble}"
    if one.reloaded_at is not None:
        yield f"  reload   {when(one.reloaded_at, status.now)}: {one.reloaded}"


def _member(status: Status, one: Member) -> str:
    now = status.now
    name = f"{one.process.pid} on {one.process.machine.partition(' ')[0]}"
    seen = f"last heard of {when(one.seen_at or one.started_at, now)}"
    life = one.life(status.machine, now)
    if life != "alive":
        return f"{name}: {'dead, ' if life == 'dead' else ''}{seen}"
    up = span(max(0, round(now - one.started_at)))
    state = f"running for {up}" if one.state == "running" else f"{one.state}, started {up} ago"
    outdated = ", on an older text of its configuration" if one.outdated else ""
    told = f"{state}, {one.busy} in flight, {one.rate:.1f} visits/s{outdated}"
    silence = status.silence(one)
    if silence > SILENT_S:
        return f"{name}: not heard of for {span(silence)}; then it was {told}"
    return f"{name}: {told}, heard of {ago(one.seen_at or one.started_at, now)}"


def process_document(status: Status, one: Member) -> dict[str, Any]:
    """Return a process for programs."""
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
        "silent_s": round(status.silence(one), 1),
        "paused_at": stamp(one.paused_at),
        "paused_for": one.paused_for or None,
        "reloaded_at": stamp(one.reloaded_at),
        "reloaded": one.reloaded or None,
    }
