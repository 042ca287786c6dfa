"""What a process tells of itself in its row of the ledger, beside its state."""

import time
from dataclasses import replace

from crawler.daemon.reloading import Reloader
from crawler.frontier import Pulse
from crawler.model import Seconds
from crawler.policy.pause import Pause


def telling(pulse: Pulse, pause: Pause, reloader: Reloader, now: Seconds) -> Pulse:
    """Return a pulse with the pause and the last reload; `now` is wall time."""
    pulse = replace(pulse, reloaded_at=reloader.told_at, reloaded=reloader.told)
    if not pause.active:
        return pulse
    since = now - (time.monotonic() - pause.since)
    return replace(pulse, paused_at=since, paused_for=pause.cause)
