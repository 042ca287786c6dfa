"""The ledger alone: processes lease and settle on one file, and nothing else."""

import json
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench.frontier.ledger import Ledger
from tests.bench.frontier.staging import NO_ADDRESS, READY, RESTING, stage
from tests.bench.frontier.watch import Held, Watch

TAKEN = 64
"""Hosts of one lease."""
IN_VAIN = 20
"""Leases without a host after which there is nothing left."""


def measured(state: Path, processes: int, seconds: float) -> dict[str, float]:
    """Return what so many processes do in a time, and what a visit costs."""
    copy = state.with_name("writers.sqlite")
    shutil.copyfile(state, copy)
    stage(copy, NO_ADDRESS, RESTING, READY)
    command = [sys.executable, "-m", "tests.bench", "frontier", "--writer", str(copy)]
    command += ["--seconds", str(seconds)]
    with ExitStack() as stack:
        begun = [
            stack.enter_context(
                subprocess.Popen([*command, "--number", str(number)], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True)
            )
            for number in range(1, processes + 1)
        ]  # fmt: skip
        for one in begun:
            one.stdout.readline()  # it has joined
        for one in begun:
            one.stdin.write("go\n")
            one.stdin.flush()
        told = [json.loads(one.stdout.readline()) for one in begun]
    for file in state.parent.glob("writers.sqlite*"):
        file.unlink()
    visits = sum(one["visits"] for one in told)
    each = {key: sum(one[key] for one in told) / visits * 1e6
            for key in ("cpu", "held", "held_cpu", "waited")}  # fmt: skip
    return {
        "per_s": sum(one["visits"] / one["seconds"] for one in told),
        "visits": visits,
        **{f"{key}_us": value for key, value in each.items()},
    }


def write(state: Path, number: int, seconds: float) -> None:
    """Be one of the processes; begin when told so, and print what came of it."""
    with Watch() as watch, Ledger(state, watch) as ledger:
        owner = ledger.join(number)
        print("joined", flush=True)
        sys.stdin.readline()
        watch.held.clear()
        began, before = time.perf_counter(), time.process_time()
        visits = _visits(ledger, owner, began + seconds)
        took, cpu = time.perf_counter() - began, time.process_time() - before
        held = watch.held.get("lease", Held()), watch.held.get("settle", Held())
        told = {
            "visits": visits, "seconds": took, "cpu": cpu,
            "held": sum(one.wall_s for one in held), "held_cpu": sum(one.cpu_s for one in held),
            "waited": sum(one.waited_s for one in held),
        }  # fmt: skip
        print(json.dumps(told), flush=True)
        ledger.leave(owner)


def _visits(ledger: Ledger, owner: int, until: float) -> int:
    """Visit until a time on the performance clock, or until nothing is left."""
    visits = vain = 0
    before = now = ()
    while time.perf_counter() < until and vain < IN_VAIN:
        following = ledger.lease(owner, TAKEN, before)
        if now or following:
            visits += ledger.settle(owner, now, following)
            vain = 0
        else:
            vain += 1
            time.sleep(0.001)
        before, now = now, following
    ledger.settle(owner, now)
    return visits
