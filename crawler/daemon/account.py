"""What the log says of the daemon as a whole, at its start and at its end."""

import os
import time
from pathlib import Path
from typing import Any

from crawler import __version__
from crawler.config.digests import text_digest
from crawler.daemon.configuration import Configuration
from crawler.daemon.tally import Tally
from crawler.model import Seconds
from crawler.sources.contract import readable


def ready_fields(configuration: Configuration, file: Path | None) -> dict[str, Any]:
    """Return the fields of the line `daemon.ready`: which program runs, by what, on what."""
    options = configuration.settings.crawler
    return {
        "pid": os.getpid(),
        "version": __version__,
        "config": readable(str(file)) if file else None,
        "digest": text_digest(configuration.hosts.digests()),
        "state": readable(str(options.state)),
        "output": readable(str(options.output)),
        "jobs": len(configuration.settings.jobs),
        "concurrency": options.concurrency,
    }


def stopped_fields(
    began: Seconds, tally: Tally | None = None, *, forced: bool = False
) -> dict[str, Any]:
    """Return the fields of the line `daemon.stopped`: sums since `began`, a monotonic time."""
    tally = tally or Tally()
    return {
        "forced": forced,
        "visits": tally.visits,
        "ok": tally.ok,
        "bytes": tally.bytes,
        "elapsed_s": round(time.monotonic() - began, 1),
    }
