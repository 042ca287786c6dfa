"""What a process tells of itself in its row of the ledger."""

import time
from pathlib import Path

from crawler.daemon.configuration import Configuration
from crawler.daemon.guards.guards import Guards
from crawler.daemon.visiting import Visiting
from crawler.frontier import Pulse
from crawler.frontier.texts import held
from crawler.frontier.values import UnderWay
from crawler.model import Seconds
from crawler.sources.contract import readable

MAX_UNDER_WAY = 100
"""Visits that a process tells of."""


def visits_under_way(visiting: Visiting) -> list[UnderWay]:
    """Return the oldest visits under way."""
    now, fetcher = time.monotonic(), visiting.fetcher
    return [
        UnderWay(task.location, task.job, now - began, fetcher.arrived(task.id))
        for task, began in visiting.workers.oldest(MAX_UNDER_WAY)
    ]


def telling(
    state: str,
    file: Path | None,
    visiting: Visiting,
    configuration: Configuration,
    guards: Guards,
    now: Seconds,
) -> Pulse:
    """Return how a process is, with its pause and its last reload; `now` is wall time."""
    feeder, pause = visiting.feeder, visiting.feeder.pause
    paused_since, paused_for = pause.since if pause.active else None, pause.cause
    if not pause.active and guards.short_since is not None:
        paused_since, paused_for = guards.short_since, "little room"
    reloaded_at, reloaded = configuration.reloaded
    return Pulse(
        "paused" if feeder.paused else state,
        readable(str(file or "")),
        visiting.workers.busy,
        visiting.fetcher.declared,
        trouble=held(guards.words()),
        no_room=feeder.leaser.no_room,
        paused_at=None if paused_since is None else now - (time.monotonic() - paused_since),
        paused_for="" if paused_since is None else held(paused_for),
        reloaded_at=reloaded_at,
        reloaded=held(reloaded),
        gauges=guards.gauges(),
    )
