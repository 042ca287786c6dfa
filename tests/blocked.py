"""Daemons whose hub is watched, and by what of their own doing it was blocked.

gevent's own monitor goes by the wall clock: it takes a busy machine, which gives a process no time,
for code that blocks.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests import program
from tests.hub_watch import MAX_BLOCK_S
from tests.program import Daemon


def watch(noted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have daemons note in a folder what blocks their hubs."""
    noted.mkdir()
    script = str(Path(__file__).parent / "hub_watch.py")
    monkeypatch.setattr(program, "CRAWLER", [sys.executable, "-P", script, str(noted)])
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))


def blocks(noted: Path) -> list[dict]:
    """Return what was noted of each process."""
    return [json.loads(line) for file in noted.iterdir() for line in file.read_text().splitlines()]


def blocked(noted: Path, daemon: Daemon) -> list[str]:
    """Return where a daemon computed for too long since it was ready, with its stacks."""
    (ready,) = daemon.told("daemon.ready")
    since = datetime.fromisoformat(ready["timestamp"]).timestamp()
    file = noted / str(daemon.process.pid)
    found = [json.loads(line) for line in file.read_text().splitlines()]
    return [
        json.dumps(one, indent=1)
        for one in found
        if one["at"] > since and one["cpu_s"] > MAX_BLOCK_S
    ]
