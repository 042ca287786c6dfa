"""What a process tells of itself in its row of the ledger."""

import time
from pathlib import Path

from crawler.daemon.configuration import Configuration
from crawler.daemon.visiting import Visiting
from crawler.frontier import Pulse
from crawler.model import Seconds
from crawler.sources.contract import readable


def telling(
    state: str,
    file: Path | None,
    visiting: Visiting,
    configuration: Configuration,
    trouble: str,
    now: Seconds,
) -> Pulse:
    """Return how a process is, with its pause and its last reload; `now` is wall time."""
    feeder, pause = visiting.feeder, visiting.feeder.pause
    reloaded_at, reloaded = configuration.reloaded
    return Pulse(
        "paused" if feeder.paused else state,
        readable(str(file or "")),
        visiting.workers.busy,
        trouble=trouble,
        paused_at=now - (time.monotonic() - pause.since) if pause.active else None,
        paused_for=pause.cause if pause.active else "",
        reloaded_at=reloaded_at,
        reloaded=reloaded,
    )
